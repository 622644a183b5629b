/** A client as it is described on the command line; the options are named after the metadata of RFC 7591 §2. */

import { readFileSync } from 'node:fs'
import { grantTypes } from '../protocol/client-metadata.ts'
import type { ClientAuthenticationMethod, ClientKeySet, GrantType } from '../protocol/client-metadata.ts'
import { withoutUndefined } from '../protocol/without-undefined.ts'
import { newClientId } from '../server/clients.ts'
import type { ClientDefinition } from '../server/clients.ts'
import { offeredMethods } from '../server/endpoints/offered.ts'
import type { Option, Values } from './command.ts'
import { CommandError, UsageError } from './command-error.ts'

type Flags = 'public' | 'native' | 'first-party'
type Texts = 'name' | 'auth-method' | 'jwks' | 'jwks-uri'
type Lists = 'redirect-uri' | 'grant-type' | 'scope' | 'client-credentials-scope' | 'introspects'
type ClientOptions = Readonly<
  Record<Flags, Option<'flag'>> & Record<Texts, Option<'text'>> & Record<Lists, Option<'list'>>
>

/** What a client can be told to be. */
export const clientOptions: ClientOptions = {
  name: { kind: 'text', value: '<text>', help: 'client_name: what people are shown' },
  'redirect-uri': {
    kind: 'list',
    value: '<uri>',
    help: 'redirect_uris: where codes may be sent, compared exactly',
  },
  'grant-type': {
    kind: 'list',
    value: '<grant>',
    help: 'grant_types: authorization_code where there is a redirect URI, else client_credentials, unless told; device_code and token-exchange are short for their URNs',
  },
  'auth-method': {
    kind: 'text',
    value: '<method>',
    help: `token_endpoint_auth_method: ${offeredMethods.join(', ')}; a secret with Basic unless told`,
  },
  scope: {
    kind: 'list',
    value: '<names>',
    help: 'scope: what it may ask for; every scope of the server unless told',
  },
  'client-credentials-scope': {
    kind: 'list',
    value: '<names>',
    help: 'the most it may be granted in its own name; nothing unless told',
  },
  public: {
    kind: 'flag',
    help: 'without a secret, as an app in a browser or on a phone: --auth-method none',
  },
  native: {
    kind: 'flag',
    help: 'application_type native: redirects to this machine or to a scheme of its own',
  },
  'first-party': { kind: 'flag', help: 'one of yours: consent is not asked' },
  jwks: { kind: 'text', value: '<file>', help: 'jwks: its public keys, for private_key_jwt' },
  'jwks-uri': { kind: 'text', value: '<url>', help: 'jwks_uri: where its public keys are' },
  introspects: { kind: 'list', value: '<resource>', help: 'an API whose tokens it may introspect' },
}

/**
 * Reads the options.
 *
 * @param id One is made where none is given.
 * @throws {UsageError} When an option has a value that does not exist, or two of them contradict each other.
 * @throws {CommandError} When the file of keys cannot be read.
 */
export function clientDefinition(id: string | undefined, values: Values<ClientOptions>): ClientDefinition {
  const grants = words(values['grant-type'])?.map(grantType)
  return withoutUndefined({
    id: id ?? newClientId(),
    clientName: values.name,
    redirectUris: values['redirect-uri'],
    grantTypes: grants,
    tokenEndpointAuthMethod: authMethod(values),
    scopes: words(values.scope),
    clientCredentialsScopes: words(values['client-credentials-scope']),
    applicationType: values.native === true ? ('native' as const) : undefined,
    firstParty: values['first-party'],
    jwks: values.jwks === undefined ? undefined : keySet(values.jwks),
    jwksUri: values['jwks-uri'],
    introspects: values.introspects,
  }) satisfies ClientDefinition
}

/** All scopes that the options name. */
export function namedScopes(values: Values<ClientOptions>): readonly string[] {
  return words([...(values.scope ?? []), ...(values['client-credentials-scope'] ?? [])]) ?? []
}

/** `--scope "read write"` is `--scope read --scope write`, as scopes have no spaces (RFC 6749 §3.3). */
export function words(given: readonly string[] | undefined): readonly string[] | undefined {
  return given?.flatMap((each) => each.split(/\s+/)).filter((word) => word !== '')
}

function grantType(name: string): GrantType {
  const found = grantTypes.find((each) => each === name || each.split(':').at(-1) === name)
  if (found !== undefined) return found
  const names = grantTypes.map((each) => each.split(':').at(-1)).join(', ')
  throw new UsageError(`--grant-type is one of ${names}, not ${JSON.stringify(name)}`)
}

function authMethod({
  public: isPublic,
  'auth-method': method,
}: Values<ClientOptions>): ClientAuthenticationMethod | undefined {
  if (method === undefined) return isPublic === true ? 'none' : undefined
  const found = offeredMethods.find((each) => each === method)
  if (found === undefined) {
    throw new UsageError(
      `--auth-method is one of ${offeredMethods.join(', ')}, not ${JSON.stringify(method)}`,
    )
  }
  if (isPublic === true && found !== 'none') throw new UsageError('--public is --auth-method none')
  return found
}

function keySet(file: string): ClientKeySet {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as { readonly code?: string }
    throw new CommandError(`${file} cannot be read (${code ?? 'unknown reason'})`, { cause })
  }
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value) && Array.isArray(value['keys']) && value['keys'].every(isObject)) {
      return { keys: value['keys'] }
    }
    // A single key is what many tools write.
    if (isObject(value) && typeof value['kty'] === 'string') return { keys: [value] }
  } catch {
    // Said below: where the JSON breaks off may be inside of a key.
  }
  throw new CommandError(`${file} is no JSON Web Key Set: { "keys": […] } (RFC 7517 §5)`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
