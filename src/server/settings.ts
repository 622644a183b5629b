/** The options of an authorization server, checked once and completed. */

import type { SigningAlgorithm } from '../crypto/signature.ts'
import { outagesCounted } from '../http/outage.ts'
import type { FetchLike } from '../http/outgoing.ts'
import { checkIssuer } from '../protocol/issuer.ts'
import { canonicalResource, isResourceIndicator } from '../protocol/resource-indicator.ts'
import type { IdentityScope } from '../protocol/identity-scopes.ts'
import { isScopeToken } from '../protocol/scope.ts'
import type { AnyDatabase } from '../store/database.ts'
import type { DatabaseOptions } from '../store/open.ts'
import { checkStaleness } from '../verify/staleness.ts'
import type { Staleness, StalenessOptions } from '../verify/staleness.ts'
import type { PasswordPolicy } from './accounts/password-policy.ts'
import { adminScopes } from './admin/scopes.ts'
import type { AdminScope } from './admin/scopes.ts'
import type { AuditEvent } from './audit.ts'
import type { ClientDefinition } from './clients.ts'
import { documentSettings } from './document-settings.ts'
import type { ClientDocumentOptions, DocumentSettings } from './document-settings.ts'
import type { PageSet } from './interaction/pages.ts'
import type { Mail } from './mail/mail.ts'
import { operationsIn } from './openapi-operations.ts'
import type { DocumentedOperation, OpenApiSource } from './openapi-operations.ts'
import { checkedProviders } from './federation/provider.ts'
import type { Provider } from './federation/provider.ts'
import { openIdSettings } from './openid/options.ts'
import type { OpenIdOptions, OpenIdSettings } from './openid/options.ts'

/** The scopes there are, each with the sentence shown in the docs and on the consent page. */
export type ScopeCatalogue = Readonly<Record<string, string>>

/** An API that tokens can be for (RFC 8707). */
export interface ResourceOptions {
  /** Shown to people. */
  readonly name?: string
  /** The scopes that mean something there; all of the server's unless told. */
  readonly scopes?: readonly string[]
  /** `jwt` (RFC 9068), which the API verifies by itself, or `reference`, which it asks about. `jwt` unless told. */
  readonly accessTokens?: 'jwt' | 'reference'
  /** How long its access tokens live, in seconds; that of {@link Lifetimes} unless told. */
  readonly lifetime?: number
  /**
   * Its OpenAPI document, or a JSON file with it: people who are asked for a scope are shown what it opens. Not needed
   * for an API in this process whose routes depend on `bearer()`.
   */
  readonly openapi?: OpenApiSource
}

/** How long things live, all in seconds. */
export interface Lifetimes {
  /** 300 unless told. */
  readonly accessToken?: number
  /** An ID token is looked at once, right after it came. 600 unless told. */
  readonly idToken?: number
  /** 60 unless told. */
  readonly code?: number
  /** A refresh token that is not used for so long dies. 30 days unless told. */
  readonly refreshIdle?: number
  /** After so long a user has to log in again, however often tokens were refreshed. 180 days unless told. */
  readonly refreshAbsolute?: number
  /** 600 unless told. */
  readonly deviceCode?: number
  /** How long a person has to log in and to agree after an application has pushed its request. 600 unless told. */
  readonly pushedRequest?: number
  /** How long a login page may be open before it has to be begun again. 3600 unless told. */
  readonly flow?: number
  /** What a person has agreed to is not asked again for so long. 180 days unless told. */
  readonly consent?: number
  /** A link that is sent by mail. 3600 unless told, which is also the most. */
  readonly link?: number
  /** A login session that is not used for so long ends. 7 days unless told. */
  readonly sessionIdle?: number
  /** After so long everybody has to log in again. 30 days unless told. */
  readonly sessionAbsolute?: number
}

/** How signing keys change. All in seconds. */
export interface KeyOptions {
  /** Of access tokens; ES256 unless told. */
  readonly algorithm?: Exclude<SigningAlgorithm, 'HS256'>
  /** How long a key signs. 30 days unless told. */
  readonly rotateEvery?: number
  /** How long a key is published before it signs: longer than verifiers cache the key set. 1 hour unless told. */
  readonly publishAhead?: number
}

/** How often something may be tried: so many times in so many seconds. */
export interface RateLimitOption {
  readonly points: number
  readonly seconds: number
}

/** How an authorization server works. */
export interface AuthorizationServerOptions<Scopes extends ScopeCatalogue = ScopeCatalogue> {
  /** Its name and address, exactly as clients have it: `https://login.example.com`. http only on this machine. */
  readonly issuer: string
  /** A URL (`file:app.db`, `postgres://…`), or a database that is open already. */
  readonly database: string | DatabaseOptions | AnyDatabase
  readonly scopes: Scopes
  /** The APIs that tokens can be for, by their identifier; the issuer itself unless told. The first is the default. */
  readonly resources?: Readonly<Record<string, ResourceOptions>>
  /** Clients that are there from the start. They are added, and changed when this changes. */
  readonly clients?: readonly ClientDefinition<(keyof Scopes & string) | IdentityScope | AdminScope>[]
  /**
   * What private keys are encrypted with: 32 characters or more that nobody can guess, from the environment. The variable
   * `GATEWRIGHT_SECRET_KEY` unless told. Needed everywhere but in development.
   */
  readonly secretKey?: string
  /** Development: an issuer on this machine, and no `NODE_ENV=production`, unless told. */
  readonly development?: boolean
  readonly lifetimes?: Lifetimes
  /**
   * For how many seconds a client that lost the answer may refresh with the same token again and gets the identical
   * answer. 10 unless told, 60 at most, 0 for never. Confidential and DPoP-bound clients get it as well.
   */
  readonly retryWindow?: number
  readonly keys?: KeyOptions
  /** What the APIs of `bearer()` do when the database cannot be asked what was revoked. */
  readonly revocation?: StalenessOptions
  /** Dynamic registration (RFC 7591); off unless told. */
  readonly registration?: RegistrationOptions
  /**
   * Clients whose id is the address of a document that describes them (draft-ietf-oauth-client-id-metadata-document), as
   * programs that speak MCP have. Off unless told: the server then reads addresses that strangers name.
   */
  readonly clientIdMetadataDocuments?: boolean | ClientDocumentOptions
  /**
   * Sends the requests to addresses that clients name instead, through a proxy for example: to their `jwks_uri` and
   * `sector_identifier_uri`. Which addresses it reaches is then its own matter.
   *
   * @example
   *
   * ```ts
   * // The fetch of Node goes through the proxy of HTTPS_PROXY where NODE_USE_ENV_PROXY=1 is set.
   * clientFetch: fetch,
   * ```
   */
  readonly clientFetch?: FetchLike
  /** Whether DPoP proofs must carry a nonce of ours (RFC 9449 §8); false unless told. */
  readonly dpopNonces?: boolean
  readonly rateLimits?: {
    /** Requests to the token endpoint by one client from one address. 300 in 60 s unless told. */
    readonly token?: RateLimitOption
    /** Failed client authentications by one client from one address. 20 in 60 s unless told. */
    readonly clientFailures?: RateLimitOption
    /** Introspection requests of one client. 1 200 in 60 s unless told. */
    readonly introspection?: RateLimitOption
    /** Wrong passwords for one account. 10 in 300 s unless told. */
    readonly login?: RateLimitOption
    /** Mails asked for from one address: for sign-ups, resets and new addresses. 20 in 3600 s unless told. */
    readonly mails?: RateLimitOption
    /** Mails of one kind to one mailbox; more than that are not sent. 5 in 3600 s unless told. */
    readonly mailbox?: RateLimitOption
    /** Wrong second factors of one kind for one account; five times as many in a day. 10 in 900 s unless told. */
    readonly secondFactor?: RateLimitOption
    /** Registrations from one address. 20 in 3600 s unless told. */
    readonly registration?: RateLimitOption
    /** Documents of clients not known yet that one address has the server read. 30 in 60 s unless told. */
    readonly clientDocuments?: RateLimitOption
    /** Logins with other providers that are begun from one address. 60 in 300 s unless told. */
    readonly providers?: RateLimitOption
  }
  /**
   * How mail is sent: `smtp({ url, from })`, or a function of your own. In development, unless told, it is printed and shown
   * at `/dev/outbox`; elsewhere, without it, nobody can reset a password or change an address.
   */
  readonly mail?: Mail
  /** Whether people may make accounts for themselves, each with an address that they show is theirs. False unless told. */
  readonly signUp?: boolean
  /** Other servers that people can log in with: `google({ … })`, `github({ … })` and so on, of `gatewright/sign-in`. */
  readonly providers?: readonly Provider[]
  /** What becomes of somebody who comes from one of them for the first time. */
  readonly providerAccounts?: ProviderAccounts
  /** Which passwords may be set. */
  readonly passwords?: PasswordPolicy
  /**
   * Whether people need a second factor. `optional`: whoever has set one up is asked for it. `required`: whoever has none is
   * led to set one up before anything is issued. `optional` unless told.
   */
  readonly secondFactor?: 'optional' | 'required'
  /**
   * The admin API and its pages at `/admin`, with scopes of their own that only those can be granted who hold them; false
   * unless told.
   */
  readonly admin?: boolean | AdminOptions
  /** What people see the service called; the host of the issuer unless told. */
  readonly serviceName?: string
  /**
   * The pages that people log in and agree on; the default ones unless told. Without any there is no authorization
   * endpoint.
   */
  readonly pages?: PageSet
  /**
   * Whether people may remove their own account on `/account`. False unless told: what else there is about them is for your
   * application to remove (`onAudit`, `account.removed`).
   */
  readonly accountRemoval?: boolean
  /** How the server is an OpenID provider, which it is wherever it has pages; `false` for OAuth alone. */
  readonly openid?: OpenIdOptions | false
  /** Told of every security decision, after it is written. What it throws is reported, and changes nothing. */
  readonly onAudit?: (event: AuditEvent) => void
  /**
   * Told of errors that nobody waits for, and of outages: once when one begins, then how often since (`Outage`). `console.error`
   * unless told.
   */
  readonly report?: (error: unknown) => void
  /** Milliseconds since 1970; the clock unless told. */
  readonly now?: () => number
}

/** What becomes of somebody who comes from a provider for the first time. */
export interface ProviderAccounts {
  /** Makes an account for whoever has none. True unless told; with `false` only those get in who have linked one. */
  readonly create?: boolean
  /**
   * Opens the account that has verified the same address, without asking for its password, if the provider has verified it as
   * well and its word counts. False unless told: they log in first, and link the provider in their account.
   */
  readonly linkByEmail?: boolean
}

/** How the server is administered. */
export interface AdminOptions {
  /** The public client that the docs page of the admin API logs in with; whoever uses it types one in unless told. */
  readonly docsClientId?: string
}

/** Who may register clients by themselves. */
export interface RegistrationOptions {
  /** Whoever presents one of these tokens (RFC 7591 §3); with `open`, anybody. */
  readonly initialAccessTokens?: readonly string[]
  readonly open?: boolean
  /** The scopes that registered clients may have; all unless told. */
  readonly scopes?: readonly string[]
  /**
   * Whether a client gets all of these, whichever it names (RFC 7591 §3.2.1). Programs that speak MCP register with what their
   * first call needs, and ask their person for more later. False unless told: a client is held to what it named.
   */
  readonly everyScope?: boolean
}

/** A resource with everything filled in. */
export interface Resource {
  readonly identifier: string
  readonly name: string | undefined
  readonly scopes: readonly string[]
  readonly accessTokens: 'jwt' | 'reference'
  /** Seconds. */
  readonly lifetime: number
  /** Those of its document that ask for a scope. */
  readonly operations: readonly DocumentedOperation[]
}

/** The options, complete. */
export interface Settings {
  readonly issuer: string
  /** The path of the issuer, empty or with a slash in front and none at the end. */
  readonly basePath: string
  readonly isDevelopment: boolean
  readonly secretKey: string
  /** All there are, those of the admin API included. */
  readonly scopes: ScopeCatalogue
  /** Those of the options: what a client may have without being told so. */
  readonly publicScopes: readonly string[]
  /** The identifier of the admin API, where there is one. */
  readonly adminResource: string | undefined
  readonly adminDocsClientId: string | undefined
  readonly resources: ReadonlyMap<string, Resource>
  readonly defaultResource: Resource
  readonly clients: readonly ClientDefinition[]
  readonly lifetimes: Required<Lifetimes>
  /** Milliseconds. */
  readonly retryWindow: number
  readonly keys: Required<KeyOptions>
  readonly staleness: Staleness
  readonly registration: RegistrationOptions | undefined
  readonly clientDocuments: DocumentSettings | undefined
  readonly clientFetch: FetchLike | undefined
  readonly dpopNonces: boolean
  readonly rateLimits: Required<NonNullable<AuthorizationServerOptions['rateLimits']>>
  readonly mail: Mail | undefined
  readonly signUp: boolean
  readonly providers: ReadonlyMap<string, Provider>
  readonly providerAccounts: Required<ProviderAccounts>
  readonly passwords: PasswordPolicy
  readonly secondFactor: 'optional' | 'required'
  readonly serviceName: string
  readonly pages: PageSet | undefined
  readonly accountRemoval: boolean
  readonly openid: OpenIdSettings | undefined
  /** Every scope there is, the ones that open claims included. */
  readonly scopeNames: readonly string[]
  readonly onAudit: ((event: AuditEvent) => void) | undefined
  readonly report: (error: unknown) => void
  readonly now: () => number
  /** Milliseconds that only go forward, whatever the time of day does; `now` where that was given. */
  readonly clock: () => number
}

const day = 86_400
const developmentKey = 'gatewright development key: protects nothing'

/**
 * Checks and completes.
 *
 * @throws {TypeError} For an option that cannot be right; the message names it and says what would be.
 */
export function settingsOf(
  options: AuthorizationServerOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(options.issuer)
  const isProduction = environment['NODE_ENV'] === 'production'
  const isDevelopment = options.development ?? (isLocal && !isProduction)
  if (isDevelopment && (isProduction || !isLocal)) {
    throw wrong(
      'development',
      'only for an issuer on this machine (http://localhost:8000), and not with NODE_ENV=production',
    )
  }
  const issuer = checkIssuer(options.issuer, { dangerouslyAllowHttp: isDevelopment })
  const unusable = Object.keys(options.scopes).find((scope) => !isScopeToken(scope))
  if (unusable !== undefined) throw wrong('scopes', `${JSON.stringify(unusable)} is no scope (RFC 6749 §3.3)`)
  const lifetimes = completed(
    'lifetimes',
    {
      accessToken: 300,
      idToken: 600,
      code: 60,
      refreshIdle: 30 * day,
      refreshAbsolute: 180 * day,
      deviceCode: 600,
      pushedRequest: 600,
      flow: 3600,
      consent: 180 * day,
      link: 3600,
      sessionIdle: 7 * day,
      sessionAbsolute: 30 * day,
    },
    options.lifetimes,
  )
  if (lifetimes.link > 3600) throw wrong('lifetimes.link', 'at most 3600 seconds')
  const retryWindow = options.retryWindow ?? 10
  if (!(retryWindow >= 0 && retryWindow <= 60)) throw wrong('retryWindow', 'seconds from 0 to 60')
  const { mail, signUp = false } = options
  if (mail !== undefined && !/^[^\r\n]+@[^\r\n]+$/.test(mail.from))
    throw wrong('mail.from', 'an e-mail address')
  if (signUp && mail === undefined && !isDevelopment) {
    throw wrong('signUp', 'set mail as well: an account is made by a link that is sent to its address')
  }
  const serviceName = options.serviceName ?? new URL(issuer).host
  const resources = resourcesOf(options, issuer, lifetimes.accessToken)
  const [defaultResource] = resources.values()
  const { admin = false } = options
  const adminResource = admin === false ? undefined : `${issuer}/admin`
  if (defaultResource === undefined) throw wrong('resources', 'at least one resource')
  const { algorithm = 'ES256', ...times } = options.keys ?? {}
  if (!['ES256', 'EdDSA', 'RS256', 'PS256'].includes(algorithm)) {
    throw wrong('keys.algorithm', 'ES256, EdDSA, RS256 or PS256')
  }
  const secretKey = secretKeyOf(options.secretKey ?? environment['GATEWRIGHT_SECRET_KEY'], isDevelopment)
  // An OpenID provider without an authorization endpoint is none.
  const openid =
    options.pages === undefined || options.openid === false
      ? undefined
      : openIdSettings(options.openid ?? {}, secretKey)
  const publicScopes = [...new Set([...Object.keys(options.scopes), ...Object.keys(openid?.scopes ?? {})])]
  const unregistrable = options.registration?.scopes?.find((scope) => !publicScopes.includes(scope))
  if (unregistrable !== undefined) {
    throw wrong('registration.scopes', `the scope ${JSON.stringify(unregistrable)} is not in scopes`)
  }
  const scopes = { ...options.scopes, ...(adminResource === undefined ? {} : adminScopes) }
  if (adminResource !== undefined) {
    const taken = Object.keys(adminScopes).find((scope) => Object.hasOwn(options.scopes, scope))
    if (taken !== undefined) throw wrong('scopes', `${taken} belongs to the admin API`)
  }
  return {
    issuer,
    basePath: new URL(issuer).pathname.replace(/\/$/, ''),
    isDevelopment,
    secretKey,
    scopes,
    publicScopes,
    adminResource,
    adminDocsClientId: typeof admin === 'object' ? admin.docsClientId : undefined,
    resources:
      adminResource === undefined ? resources : withAdmin(resources, adminResource, lifetimes.accessToken),
    defaultResource,
    clients: options.clients ?? [],
    lifetimes,
    retryWindow: retryWindow * 1000,
    keys: { algorithm, ...completed('keys', { rotateEvery: 30 * day, publishAhead: 3600 }, times) },
    staleness: stalenessOf(options.revocation),
    registration: options.registration,
    clientDocuments: documentSettings(options.clientIdMetadataDocuments, {
      scopeNames: publicScopes,
      isDevelopment,
    }),
    clientFetch: options.clientFetch,
    dpopNonces: options.dpopNonces ?? false,
    rateLimits: rateLimitsOf(options.rateLimits),
    mail,
    signUp,
    providers: providersOf(options.providers),
    providerAccounts: { create: true, linkByEmail: false, ...options.providerAccounts },
    passwords: { ...options.passwords, serviceName: options.passwords?.serviceName ?? serviceName },
    secondFactor: secondFactorOf(options.secondFactor),
    serviceName,
    pages: options.pages,
    accountRemoval: options.accountRemoval ?? false,
    openid,
    scopeNames: [...new Set([...publicScopes, ...Object.keys(scopes)])],
    onAudit: options.onAudit,
    report: outagesCounted(options.report ?? console.error),
    now: options.now ?? Date.now,
    clock: options.now ?? (() => performance.now()),
  }
}

function providersOf(providers: readonly Provider[] = []): ReadonlyMap<string, Provider> {
  try {
    return checkedProviders(providers)
  } catch (error) {
    throw wrong('providers', (error as Error).message)
  }
}

function secondFactorOf(given: string = 'optional'): Settings['secondFactor'] {
  if (given === 'optional' || given === 'required') return given
  throw wrong('secondFactor', 'optional or required')
}

function rateLimitsOf(given: AuthorizationServerOptions['rateLimits'] = {}): Settings['rateLimits'] {
  const defaults: Settings['rateLimits'] = {
    token: { points: 300, seconds: 60 },
    clientFailures: { points: 20, seconds: 60 },
    introspection: { points: 1200, seconds: 60 },
    login: { points: 10, seconds: 300 },
    mails: { points: 20, seconds: 3600 },
    mailbox: { points: 5, seconds: 3600 },
    secondFactor: { points: 10, seconds: 900 },
    registration: { points: 20, seconds: 3600 },
    clientDocuments: { points: 30, seconds: 60 },
    providers: { points: 60, seconds: 300 },
  }
  for (const [name, limit] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw wrong(`rateLimits.${name}`, `there are limits for ${Object.keys(defaults).join(', ')}`)
    }
    const isUsable = Number.isSafeInteger(limit.points) && limit.points > 0 && isDuration(limit.seconds)
    if (!isUsable) throw wrong(`rateLimits.${name}`, 'whole points above 0, and seconds above 0')
  }
  return { ...defaults, ...given }
}

/** Seconds above 0, and no more than ten years: beyond that somebody meant milliseconds. */
function isDuration(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && seconds > 0 && seconds <= 3650 * day
}

function secretKeyOf(secretKey: string | undefined, isDevelopment: boolean): string {
  if (secretKey === undefined || secretKey === '') {
    if (isDevelopment) return developmentKey
    throw wrong(
      'secretKey',
      'set the environment variable GATEWRIGHT_SECRET_KEY to 32 random characters or more; private keys are encrypted with it',
    )
  }
  if (secretKey.length < 32) throw wrong('secretKey', '32 characters or more')
  return secretKey
}

function stalenessOf(options: StalenessOptions | undefined): Staleness {
  try {
    return checkStaleness('', options)
  } catch (error) {
    throw wrong('revocation', (error as Error).message) // it throws nothing else
  }
}

function resourcesOf(
  options: AuthorizationServerOptions,
  issuer: string,
  lifetime: number,
): ReadonlyMap<string, Resource> {
  const all = Object.keys(options.scopes)
  const resources = new Map<string, Resource>()
  for (const [identifier, resource] of Object.entries(options.resources ?? { [issuer]: {} })) {
    if (!isResourceIndicator(identifier)) {
      throw wrong(
        'resources',
        `${JSON.stringify(identifier)} must be an absolute URI without a fragment (RFC 8707 §2)`,
      )
    }
    if (resource.lifetime !== undefined && !isDuration(resource.lifetime)) {
      throw wrong('resources', `the lifetime of ${identifier} must be seconds above 0`)
    }
    if ([...resources.keys()].some((other) => canonicalResource(other) === canonicalResource(identifier))) {
      throw wrong('resources', `${identifier} is there twice`)
    }
    const unknown = resource.scopes?.find((scope) => !all.includes(scope))
    if (unknown !== undefined)
      throw wrong('resources', `the scope ${JSON.stringify(unknown)} is not in scopes`)
    resources.set(identifier, {
      identifier,
      name: resource.name,
      scopes: resource.scopes ?? all,
      accessTokens: resource.accessTokens ?? 'jwt',
      lifetime: resource.lifetime ?? lifetime,
      operations: documentedOperations(identifier, resource),
    })
  }
  return resources
}

/** The admin API as a resource of its own: no token for another API opens it. */
function withAdmin(
  resources: ReadonlyMap<string, Resource>,
  identifier: string,
  lifetime: number,
): ReadonlyMap<string, Resource> {
  const taken = [...resources.keys()].find(
    (each) => canonicalResource(each) === canonicalResource(identifier),
  )
  if (taken !== undefined) throw wrong('resources', `${taken} is the identifier of the admin API`)
  const resource: Resource = {
    identifier,
    name: 'Administration',
    scopes: Object.keys(adminScopes),
    accessTokens: 'jwt',
    lifetime,
    operations: [],
  }
  return new Map([...resources, [identifier, resource]])
}

function documentedOperations(
  identifier: string,
  { openapi }: ResourceOptions,
): readonly DocumentedOperation[] {
  try {
    return openapi === undefined ? [] : operationsIn(openapi)
  } catch (error) {
    throw wrong('resources', `the openapi of ${identifier} ${(error as Error).message}`)
  }
}

function completed<Names extends string>(
  option: string,
  defaults: Readonly<Record<Names, number>>,
  given: Partial<Readonly<Record<Names, number>>> = {},
): Record<Names, number> {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw wrong(`${option}.${name}`, `there are ${Object.keys(defaults).join(', ')}`)
    }
    if (!isDuration(value)) throw wrong(`${option}.${name}`, 'seconds above 0, and at most ten years')
  }
  return { ...defaults, ...given }
}

function wrong(option: string, remedy: string): TypeError {
  return new TypeError(`authorizationServer: the option ${option} is not usable: ${remedy}`)
}
