/** The `http` schemes of OpenAPI: Basic, Bearer, and any other word in the `Authorization` header. */

import { isBearerToken, parseAuthorization } from '../../protocol/authorization-header.ts'
import { parseBasicCredentials } from '../../protocol/basic-credentials.ts'
import type { BasicCredentials } from '../../protocol/basic-credentials.ts'
import { challenge } from '../../protocol/challenge.ts'
import { Rejection } from '../../protocol/rejection.ts'
import { patient } from '../../verify/patient.ts'
import type { Dependency } from '../dependency.ts'
import { invalidOption } from '../option-error.ts'
import { bearerChallenges, missing, plainChallenges, schemeDependency, verified } from '../scheme.ts'
import type { Authenticated, CredentialSource, Presented, Scheme } from '../scheme.ts'
import type { Principal, SchemeOptions, ScopeDescriptions, Verify } from '../scheme.ts'

/** How HTTP Basic credentials are verified. */
export interface HttpBasicOptions<Scopes extends ScopeDescriptions, Result> extends SchemeOptions<Scopes> {
  readonly verify: Verify<BasicCredentials, Result>
  /** What the browser's prompt shows; `gatewright` unless told. A Basic challenge must have one (RFC 7617 §2). */
  readonly realm?: string
}

/**
 * A user name and a password with every request (RFC 7617), in UTF-8.
 *
 * @example
 *
 * ```ts
 * const operator = httpBasic({ verify: ({ username, password }) => operators.check(username, password) })
 * ```
 */
export function httpBasic<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: HttpBasicOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  const realm = options.realm ?? 'gatewright'
  return schemeDependency({
    ...httpScheme('basic', 'HTTPBasic', options),
    authenticate: (source) =>
      withWord(source, 'basic', (presented) => {
        const credentials = parseBasicCredentials(presented.credentials)
        return credentials === undefined
          ? new Rejection('The Basic credentials are malformed')
          : verified(options.verify(credentials, presented))
      }),
    ...plainChallenges(challenge('Basic', { realm, charset: 'UTF-8' })),
  })
}

/** How a bearer token is verified. */
export interface HttpBearerOptions<Scopes extends ScopeDescriptions, Result> extends SchemeOptions<Scopes> {
  readonly verify: Verify<string, Result>
  /** A hint for readers of the documentation, for example `JWT`. */
  readonly bearerFormat?: string
  readonly realm?: string
}

/**
 * A bearer token (RFC 6750 §2.1) that is documented as OpenAPI's `http` scheme: no flow, no login dialog.
 *
 * @example
 *
 * ```ts
 * const service = httpBearer({ bearerFormat: 'JWT', verify: tokens.verify })
 * ```
 */
export function httpBearer<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: HttpBearerOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  const format = options.bearerFormat === undefined ? {} : { bearerFormat: options.bearerFormat }
  return schemeDependency({
    ...httpScheme('bearer', 'HTTPBearer', options, format),
    authenticate: (source) => bearer(source, options.verify),
    ...bearerChallenges('Bearer', options.realm),
  })
}

/** How the credentials of any other HTTP scheme are verified. */
export interface HttpOptions<Scopes extends ScopeDescriptions, Result> extends SchemeOptions<Scopes> {
  /** The scheme word, spelt as its RFC does: it is compared without case and challenged as written. */
  readonly scheme: string
  readonly verify: Verify<string, Result>
  readonly realm?: string
}

/**
 * Any other scheme of the `Authorization` header (RFC 9110 §11).
 *
 * @example
 *
 * ```ts
 * const signed = http({ scheme: 'Signature', verify: (credentials, { request }) => signatures.check(credentials, request) })
 * ```
 */
export function http<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: HttpOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(options.scheme)) {
    throw invalidOption(
      'http',
      'scheme',
      'one word as it stands in the Authorization header, like "Signature"',
    )
  }
  return schemeDependency({
    ...httpScheme(options.scheme, 'HTTPBase', options),
    authenticate: (source) =>
      withWord(source, options.scheme.toLowerCase(), (presented) =>
        presented.credentials === '' ? missing : verified(options.verify(presented.credentials, presented)),
      ),
    ...bearerChallenges(options.scheme, options.realm),
  })
}

/**
 * Reads and verifies a bearer token. No token after the word is no credential; one with a space in it is a bad one
 * (RFC 6750 §2.1 has a grammar for it).
 */
export function bearer(source: CredentialSource, verify: Verify<string, unknown>): Authenticated {
  return withWord(source, 'bearer', (presented) => {
    const { credentials } = presented
    if (credentials === '') return missing
    const later = patient(verify)
    // Ours sees for itself whether a token is one, and has no need to with one that it knows.
    if (later !== verify) return later(credentials, presented)
    return isBearerToken(credentials) ? verified(verify(credentials, presented)) : malformed
  })
}

const malformed = new Rejection('The access token is malformed')

/** Credentials of another scheme are none of ours: the same as no credentials. */
function withWord(
  source: CredentialSource,
  word: string,
  judge: (presented: Presented) => Authenticated,
): Authenticated {
  const parsed = parseAuthorization(source.header('authorization'))
  if (parsed === undefined || parsed.scheme.toLowerCase() !== word) return missing
  return judge({ scheme: parsed.scheme, credentials: parsed.credentials, request: source.request })
}

function httpScheme(
  word: string,
  defaultName: string,
  options: SchemeOptions<ScopeDescriptions>,
  more: Readonly<Record<string, unknown>> = {},
): Pick<Scheme, 'name' | 'defaultName' | 'document' | 'scopes'> {
  return {
    name: options.name,
    defaultName,
    document: {
      type: 'http',
      ...(options.description === undefined ? {} : { description: options.description }),
      scheme: word,
      ...more,
    },
    scopes: options.scopes ?? {},
  }
}
