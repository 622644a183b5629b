/** Client ID metadata documents: a client whose name is the address of what it says of itself. */

import { parseClientMetadata } from './client-metadata-wire.ts'
import type { ClientMetadata, GrantType, RegistrationRules } from './client-metadata.ts'
import { invalidClientMetadata } from './registration-error.ts'

/** Whether a client id is meant as an address. No id that this server gives out is one. */
export function looksLikeAddress(clientId: string): boolean {
  return /^https?:/i.test(clientId)
}

/**
 * Whether a client id is the address of a document (draft-ietf-oauth-client-id-metadata-document §3): https, with a path,
 * without dot segments, fragment, user and password; and in its plainest spelling, because ids are compared as strings.
 *
 * @example
 *
 * ```ts
 * isDocumentAddress('https://app.example/oauth/client.json') // true
 * isDocumentAddress('https://app.example/a/../client.json') // false
 * ```
 *
 * @param options.allowLocalhost Lets documents be on this computer, where they may be http.
 */
export function isDocumentAddress(
  clientId: string,
  { allowLocalhost = false }: { readonly allowLocalhost?: boolean } = {},
): boolean {
  const url = clientId.length <= longest && looksLikeAddress(clientId) ? URL.parse(clientId) : null
  // What the parser would have to mend has a second spelling: numbers for an address, capitals, dots, backslashes.
  if (url === null || url.href !== clientId || url.username !== '' || url.password !== '') return false
  if (url.pathname === '/' || clientId.includes('#')) return false
  return url.protocol === 'https:' || (allowLocalhost && isThisComputer(url.hostname))
}

/** An id is kept with every grant, and is a key in the database. */
const longest = 1000

function isThisComputer(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** What a person grants, and nothing else: nobody has looked at these clients. */
const grants: readonly GrantType[] = ['authorization_code', 'refresh_token']

/**
 * Reads a document. It is written for every server at once: grants, response types and scopes that are not offered here are
 * left out, and members that are not those of a client are ignored.
 *
 * @param address Where it was read.
 * @param body Its JSON.
 * @throws {RegistrationError} When this is not the document of that client, or no client can be like it.
 */
export function parseClientIdDocument(
  address: string,
  body: unknown,
  rules: Omit<RegistrationRules, 'grantTypes' | 'authenticationMethods'>,
): ClientMetadata {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidClientMetadata('The document is a JSON object')
  }
  // Own members only: what some library wrote onto every object was not sent.
  const sent: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(body))
  // §4.1: compared as strings. A document that could speak for another address would be anybody's.
  if (sent['client_id'] !== address) {
    throw invalidClientMetadata('The client_id in the document is not the address of the document')
  }
  // §4.1: what everybody can read is no secret.
  if (sent['client_secret'] !== undefined || sent['client_secret_expires_at'] !== undefined) {
    throw invalidClientMetadata('A document has no client_secret')
  }
  const method = sent['token_endpoint_auth_method'] ?? 'none'
  if (method !== 'none' && method !== 'private_key_jwt') {
    throw invalidClientMetadata('The token_endpoint_auth_method of a document is none or private_key_jwt')
  }
  if (method === 'private_key_jwt' && sent['jwks'] === undefined) {
    throw invalidClientMetadata(
      'private_key_jwt needs the keys themselves, as jwks: a jwks_uri is not read here',
    )
  }
  const chosen = Object.fromEntries(members.map((name) => [name, sent[name]]))
  const metadata = parseClientMetadata(
    {
      ...chosen,
      token_endpoint_auth_method: method,
      grant_types: among(sent['grant_types'], grants),
      response_types: among(sent['response_types'], ['code']),
      scope: typeof sent['scope'] === 'string' ? wordsAmong(sent['scope'], rules.scopes) : sent['scope'],
    },
    { ...rules, grantTypes: grants, authenticationMethods: ['none', 'private_key_jwt'] },
  )
  return { ...metadata, scopes: metadata.scopes ?? rules.scopes }
}

/** What is taken from a document. No address in it is ever called: neither a logo, nor keys, nor a logout is. */
const members = [
  'redirect_uris',
  'application_type',
  'client_name',
  'client_uri',
  'tos_uri',
  'policy_uri',
  'jwks',
  'token_endpoint_auth_signing_alg',
  'id_token_signed_response_alg',
  'subject_type',
  'post_logout_redirect_uris',
  'default_max_age',
  'require_auth_time',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
]

/** Those that there are. What is no list stays, and is refused for it. */
function among(list: unknown, offered: readonly string[]): unknown {
  return Array.isArray(list) ? list.filter((word: unknown) => offered.some((each) => each === word)) : list
}

function wordsAmong(scope: string, offered: readonly string[]): string {
  return [...new Set(scope.split(' '))].filter((word) => offered.includes(word)).join(' ')
}
