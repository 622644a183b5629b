/** The options of {@link foreignTokens}, checked once, with errors that name the option and what would be right. */

import { verificationAlgorithms } from '../crypto/verification-key.ts'
import type { VerificationAlgorithm } from '../crypto/verification-key.ts'
import type { FetchLike } from '../http/outgoing.ts'
import { checkIssuer } from '../protocol/issuer.ts'
import { profileOf, tokenProfiles } from '../protocol/token-profile.ts'
import type { ProfileName, TokenProfile } from '../protocol/token-profile.ts'
import { checkScopes, isText, whole } from './access-tokens-options.ts'
import type { RejectionNotice, ScopeCatalogue } from './access-tokens-options.ts'
import type { IntrospectionOptions, IntrospectionSettings } from './introspector.ts'
import type { KeepingTimes } from './kept.ts'
import type { PrincipalCacheOptions } from './principal-cache.ts'
import { rejectionLog } from './rejection-log.ts'
import { replayMemory } from './replay-memory.ts'
import type { UseOnce } from './replay-memory.ts'
import { checkStaleness } from './staleness.ts'
import type { Staleness, StalenessOptions } from './staleness.ts'

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  /** Its name, as it stands in its tokens (`iss`) and in its metadata, to the last slash. */
  readonly issuer: string
  /** Whom its tokens have to be for (`aud`): this API, by the name the issuer knows it under. One of several is enough. */
  readonly audience?: string | readonly string[]
  /** What its tokens look like; known from the address for Auth0, Entra and Okta, else that of RFC 9068 unless told. */
  readonly profile?: ProfileName | TokenProfile
  /** Which algorithms are accepted; those that its keys are for unless told. */
  readonly algorithms?: readonly VerificationAlgorithm[]
  /** Where its metadata is, if this process reaches it under another address than its name. */
  readonly discoveryUrl?: string
  /** How it is asked about tokens that are no JWTs, or about all; those are refused unless told. */
  readonly introspection?: IntrospectionOptions
  /**
   * What happens when it is not known what this issuer revoked lately. Unless told, the feed of an issuer that has one is
   * followed; with options it has to have one; `false` believes tokens to their end.
   */
  readonly revocation?: StalenessOptions | false
  /** Accepts `http`, where everybody on the way can put in keys of their own. */
  readonly dangerouslyAllowHttp?: boolean
  /** Lets its addresses lie in the network inside. Whoever can change its metadata can then have things there asked. */
  readonly dangerouslyAllowPrivateAddresses?: boolean
}

/** What holds for the tokens of all issuers. */
export interface ForeignTokensOptions<Scopes extends ScopeCatalogue = ScopeCatalogue> {
  /** The scopes there are, each with a sentence. Their names become the type of `scopes`; others are not granted. */
  readonly scopes?: Scopes
  /**
   * The public address of this API: where clients find out who issues its tokens (RFC 9728), and what DPoP proofs have
   * to name. The audience, if that is an https address, unless told.
   */
  readonly resource?: string
  /** How far clocks may differ, in seconds from 0 to 60; 30 unless told. */
  readonly clockSkew?: number
  /** How many verified tokens are remembered (20,000) and for how many seconds (60). */
  readonly cache?: Partial<PrincipalCacheOptions>
  /** The longest token that is looked at, in characters; 8,192 unless told. */
  readonly maxTokenLength?: number
  /** How long the keys of issuers are kept. */
  readonly keys?: KeyTimes
  /**
   * Remembers which DPoP proofs were used: `true` for a name that comes for the first time. The memory of this process
   * unless told; several processes need one in common.
   */
  readonly useOnce?: UseOnce
  /** Told of every refusal; a line in the log for those that point to a wrong setting unless told. */
  readonly onRejected?: (notice: RejectionNotice) => void
  /** Told when an issuer cannot be reached or answers wrongly; `console.error` unless told. */
  readonly report?: (error: unknown) => void
  /** Sends the requests to issuers, through a proxy for example. It has to refuse addresses inside by itself. */
  readonly fetch?: FetchLike
  /** The time in milliseconds since 1970, for tests; the system's clock unless told. */
  readonly now?: () => number
}

/** How long keys are kept; all in seconds. */
export interface KeyTimes {
  /** After this they are fetched again; 300 unless told. One that was taken out is believed for twice as long at most. */
  readonly maxAge?: number
  /** So long they are used while the issuer cannot be reached; 86,400 (a day) unless told. */
  readonly staleFor?: number
  /** A token with an unknown key has them fetched at most once in this time; 30 unless told. */
  readonly coolDown?: number
}

/** The tokens of one issuer. */
export interface OfOneIssuer extends TrustedIssuer {
  readonly audience: string | readonly string[]
  readonly issuers?: never
}

/** The tokens of several. Each token is judged by the issuer that it names. */
export interface OfSeveralIssuers {
  readonly issuers: readonly TrustedIssuer[]
  /** For those that have none of their own. */
  readonly audience?: string | readonly string[]
  readonly issuer?: never
}

/** Whose tokens are accepted. */
export type Trusted = OfOneIssuer | OfSeveralIssuers

/** An issuer with every default filled in. */
export interface IssuerSettings {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly profile: TokenProfile
  readonly algorithms: readonly VerificationAlgorithm[] | undefined
  readonly discoveryUrl: string | undefined
  readonly introspection: IntrospectionSettings | undefined
  readonly revocation: RevocationSettings | undefined
  readonly allowHttp: boolean
  readonly allowPrivateAddresses: boolean
}

/** How an issuer's revocations are followed. */
export interface RevocationSettings extends Staleness {
  /** Whether an issuer without a feed is as one whose feed cannot be had. */
  readonly isRequired: boolean
}

/** The options with every default filled in. */
export interface ForeignTokensSettings {
  readonly issuers: readonly [IssuerSettings, ...IssuerSettings[]]
  readonly scopes: ScopeCatalogue
  readonly catalogue: ReadonlySet<string> | undefined
  readonly resource: string | undefined
  readonly clockSkew: number
  readonly cache: PrincipalCacheOptions
  readonly maxTokenLength: number
  readonly times: KeepingTimes
  readonly useOnce: UseOnce
  readonly onRejected: (notice: RejectionNotice) => void
  readonly report: (error: unknown) => void
  readonly fetch: FetchLike | undefined
  readonly now: () => number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

/** Checks the options and fills in what is missing. */
export function checkForeignOptions(options: ForeignTokensOptions & Trusted): ForeignTokensSettings {
  const { scopes, cache = {}, keys = {}, now = Date.now } = options
  const given: readonly TrustedIssuer[] = options.issuers ?? [options]
  const [first, ...others] = given.map((each, index) =>
    checkTrusted(options.issuers === undefined ? '' : `issuers[${index}].`, each, options.audience),
  )
  if (first === undefined) throw new Error('issuers: give at least one issuer')
  const issuers = [first, ...others] as const
  for (const { issuer } of issuers) {
    if (issuers.filter((other) => other.issuer === issuer).length > 1)
      throw new Error(`issuers: ${issuer} is there twice`)
  }
  // A token that is no JWT does not say whose it is; asking all of them would show it to strangers.
  if (issuers.filter(({ introspection }) => introspection !== undefined).length > 1) {
    throw new Error(
      'issuers: only one of them can have `introspection`; give the others a scheme of their own',
    )
  }
  const maxAge = whole('keys.maxAge', 'seconds', keys.maxAge ?? 300, 1, 86_400)
  const coolDown = whole('keys.coolDown', 'seconds', keys.coolDown ?? 30, 1, 3600)
  return {
    issuers,
    scopes: Object.freeze({ ...scopes }),
    catalogue: checkScopes(scopes),
    resource: checkResource(options.resource, issuers),
    clockSkew: whole('clockSkew', 'seconds', options.clockSkew ?? 30, 0, 60),
    cache: {
      size: whole('cache.size', 'tokens', cache.size ?? 20_000, 0, 10_000_000),
      maxAge: whole('cache.maxAge', 'seconds', cache.maxAge ?? 60, 0, 3600),
    },
    maxTokenLength: whole('maxTokenLength', 'characters', options.maxTokenLength ?? 8192, 256, 1_048_576),
    times: {
      maxAge,
      staleFor: whole('keys.staleFor', 'seconds', keys.staleFor ?? 86_400, maxAge, 31 * 86_400),
      coolDown,
      retryDelay: Math.min(5, coolDown),
    },
    useOnce: options.useOnce ?? replayMemory(),
    onRejected: options.onRejected ?? rejectionLog(now),
    report: options.report ?? logged,
    fetch: options.fetch,
    now,
    // A clock that is set back must not make keys young again.
    clock: options.now ?? monotonic,
  }
}

/** One function for all: an issuer that several schemes share is told of once. */
function logged(error: unknown): void {
  console.error(error)
}

function monotonic(): number {
  return performance.now()
}

function checkTrusted(
  name: string,
  trusted: TrustedIssuer,
  common: string | readonly string[] | undefined,
): IssuerSettings {
  const { issuer, discoveryUrl, algorithms, introspection, revocation } = trusted
  const allowHttp = trusted.dangerouslyAllowHttp === true
  if (!isText(issuer))
    throw new Error(`${name}issuer: give its address, such as https://tenant.eu.auth0.com/`)
  checkIssuer(issuer, { dangerouslyAllowHttp: allowHttp })
  if (discoveryUrl !== undefined && URL.parse(discoveryUrl) === null)
    throw new Error(`${name}discoveryUrl: give the address of its metadata`)
  const wanted = trusted.audience ?? common
  const audience = typeof wanted === 'string' ? [wanted] : wanted
  // Without it every token of the issuer would do, those for other APIs included (RFC 8725 §3.9).
  if (!Array.isArray(audience) || audience.length === 0 || !audience.every(isText)) {
    throw new Error(
      `${name}audience: give the name under which the issuer knows this API, such as https://api.example.com`,
    )
  }
  const unknown = algorithms?.find((algorithm) => !verificationAlgorithms.includes(algorithm))
  if (unknown !== undefined || algorithms?.length === 0) {
    throw new Error(`${name}algorithms: give some of ${verificationAlgorithms.join(', ')}`)
  }
  return {
    issuer,
    audience: [...audience],
    profile: checkProfile(name, trusted.profile ?? profileOf(issuer)),
    algorithms,
    discoveryUrl,
    introspection: introspection && checkIntrospection(name, introspection),
    revocation:
      revocation === false
        ? undefined
        : {
            ...checkStaleness(`${name}revocation.`, revocation),
            isRequired: revocation !== undefined,
          },
    allowHttp,
    allowPrivateAddresses: trusted.dangerouslyAllowPrivateAddresses === true,
  }
}

function checkProfile(name: string, profile: ProfileName | TokenProfile): TokenProfile {
  if (typeof profile === 'object' && profile !== null) return profile
  if (Object.hasOwn(tokenProfiles, profile)) return tokenProfiles[profile]
  throw new Error(
    `${name}profile: give one of ${Object.keys(tokenProfiles).join(', ')}, or what the tokens look like`,
  )
}

function checkIntrospection(name: string, options: IntrospectionOptions): IntrospectionSettings {
  const { clientId, clientSecret, maxAge = 30, refusedMaxAge = 5, size = 10_000 } = options
  for (const [option, value] of Object.entries({ clientId, clientSecret })) {
    if (!isText(value))
      throw new Error(`${name}introspection.${option}: give a text; is the environment variable set?`)
  }
  return {
    clientId,
    clientSecret,
    jwts: options.jwts === true,
    maxAge: whole(`${name}introspection.maxAge`, 'seconds', maxAge, 0, 3600),
    refusedMaxAge: whole(`${name}introspection.refusedMaxAge`, 'seconds', refusedMaxAge, 0, 3600),
    size: whole(`${name}introspection.size`, 'answers', size, 0, 10_000_000),
  }
}

function checkResource(
  resource: string | undefined,
  issuers: readonly [IssuerSettings, ...IssuerSettings[]],
): string | undefined {
  const address = resource ?? issuers[0].audience[0]
  // RFC 9728 §1.2: https, and no fragment. A host on this computer is for development.
  const url = address === undefined ? null : URL.parse(address)
  const isFit = url !== null && /^https?:$/.test(url.protocol) && !address?.includes('#')
  if (resource !== undefined && !isFit)
    throw new Error('resource: give the public address of this API, such as https://api.example.com')
  return isFit ? address : undefined
}
