/** Client authentication: what a request presents, before anything of it is believed (RFC 6749 §2.3, RFC 7521 §4.2). */

import { parseAuthorization } from './authorization-header.ts'
import { parseBasicCredentials } from './basic-credentials.ts'
import { challenge } from './challenge.ts'
import { invalidClient, invalidRequest } from './oauth-error.ts'
import type { OAuthError } from './oauth-error.ts'
import { strictParameters } from './parameters.ts'
import type { SentParameters } from './parameters.ts'

/** A client as it presents itself; `method` is what has to be the registered one. */
export type PresentedClient =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly clientId: string
      readonly secret: string
    }
  /** `clientId` is whom the assertion names: good for finding the keys, and not yet believed. */
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string }

/**
 * Finds out how the client authenticates.
 *
 * @example
 *
 * ```ts
 * presentedClient([['client_id', 'spa']], null) // { method: 'none', clientId: 'spa' }
 * ```
 *
 * @param parameters Those of the body; what is in the URL must not get here (RFC 6749 §2.3.1).
 * @param authorization The `Authorization` header.
 * @throws {OAuthError} `invalid_request` for more than one method (RFC 6749 §2.3); `invalid_client` for none, and for
 * one that is malformed.
 */
export function presentedClient(
  parameters: SentParameters,
  authorization: string | null | undefined,
): PresentedClient {
  const own = parameters.filter(([name]) => clientParameters.has(name))
  const sent = strictParameters(own)
  const header = parseAuthorization(authorization)
  const clientId = sent.one('client_id')
  const secret = sent.one('client_secret')
  const assertion = sent.one('client_assertion')
  const assertionType = sent.one('client_assertion_type')
  const isAsserted = assertion !== undefined || assertionType !== undefined
  if ([header !== undefined, secret !== undefined, isAsserted].filter(Boolean).length > 1) {
    throw invalidRequest('The client authenticates in more than one way; one of them is enough')
  }
  if (header !== undefined) return basicClient(header.scheme, header.credentials, clientId)
  if (isAsserted) return assertedClient(assertion, assertionType, clientId)
  if (clientId === undefined) throw invalidClient('The client says neither who it is nor proves it')
  if (!isClientId(clientId)) throw invalidClient('The client_id is malformed')
  if (secret === undefined) return { method: 'none', clientId }
  return { method: 'client_secret_post', clientId, secret }
}

/** The parameters by which a client authenticates. They are read once, and kept nowhere. */
export const clientParameters: ReadonlySet<string> = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/**
 * The answer to a client that failed to authenticate: 401. One text for an unknown client, a wrong secret and another
 * method than the registered one: the answer does not tell which clients there are.
 *
 * @param method What it tried. RFC 6749 §5.2: a challenge if that was the `Authorization` header. Without it there is
 * none, since a browser would ask the person for a password that only the page can know.
 */
export function clientAuthenticationFailed(
  method: PresentedClient['method'],
  options: { readonly description?: string; readonly cause?: unknown } = {},
): OAuthError {
  const { description = 'The client is unknown or failed to authenticate', cause } = options
  const headers = { 'www-authenticate': challenge('Basic', { realm: 'token', charset: 'UTF-8' }) }
  return invalidClient(description, method === 'client_secret_basic' ? { headers, cause } : { cause })
}

function basicClient(scheme: string, encoded: string, named: string | undefined): PresentedClient {
  const malformed = (description: string): OAuthError =>
    clientAuthenticationFailed('client_secret_basic', { description })
  if (scheme.toLowerCase() !== 'basic') throw malformed('Clients authenticate by Basic in this header')
  const credentials = encoded.length > 8192 ? undefined : parseBasicCredentials(encoded)
  const clientId = credentials && formDecoded(credentials.username)
  const secret = credentials && formDecoded(credentials.password)
  if (clientId === undefined || secret === undefined || !isClientId(clientId)) {
    throw malformed(
      'The Basic credentials are malformed; id and secret are form-encoded before they are joined',
    )
  }
  if (named !== undefined && named !== clientId) {
    throw invalidRequest('client_id is another one than that of the Authorization header')
  }
  return { method: 'client_secret_basic', clientId, secret }
}

function assertedClient(
  assertion: string | undefined,
  type: string | undefined,
  named: string | undefined,
): PresentedClient {
  // RFC 7521 §4.2: both, and the type is the JWT's.
  if (assertion === undefined || type !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
    throw invalidClient('client_assertion comes with the client_assertion_type of JWTs')
  }
  const clientId = subjectOf(assertion)
  if (clientId === undefined || !isClientId(clientId))
    throw invalidClient('The client_assertion is malformed')
  // RFC 7521 §4.2: client_id may be left out, and otherwise names the same client.
  if (named !== undefined && named !== clientId)
    throw invalidClient('client_id is not that of the client_assertion')
  return { method: 'private_key_jwt', clientId, assertion }
}

/** Whom an assertion names. Nothing is verified here: this only tells whose keys to verify with. */
function subjectOf(assertion: string): string | undefined {
  const [, payload] = assertion.length > 16_384 ? [] : (/^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(assertion) ?? [])
  if (payload === undefined) return undefined
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: unknown } | null
    return typeof claims?.sub === 'string' ? claims.sub : undefined
  } catch {
    return undefined
  }
}

/** RFC 6749 §A.1: visible ASCII and spaces. As long as the longest address that can be one. */
function isClientId(text: string): boolean {
  return text.length <= 2048 && /^[\x20-\x7e]+$/.test(text)
}

/**
 * RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. What every encoder escapes cannot be there
 * raw: with two readings one secret would have two values.
 */
function formDecoded(text: string): string | undefined {
  if (!/^[\x21-\x39\x3b-\x7e]*$/.test(text)) return undefined
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}
