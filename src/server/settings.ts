/** What an authorization server goes by: its options, checked once and completed. */

import { outagesCounted } from '../http/outage.ts'
import type { FetchLike } from '../http/outgoing.ts'
import { checkIssuer } from '../protocol/issuer.ts'
import { isScopeToken } from '../protocol/scope.ts'
import { checkStaleness } from '../verify/staleness.ts'
import type { Staleness, StalenessOptions } from '../verify/staleness.ts'
import type { PasswordPolicy } from './accounts/password-policy.ts'
import { adminScopes } from './admin/scopes.ts'
import type { AuditEvent } from './audit.ts'
import type { ClientDefinition } from './clients.ts'
import { documentSettings } from './document-settings.ts'
import type { DocumentSettings } from './document-settings.ts'
import { completedDurations, day, isDuration } from './durations.ts'
import { checkedProviders } from './federation/provider.ts'
import type { Provider } from './federation/provider.ts'
import type { PageSet } from './interaction/pages.ts'
import type { Mail } from './mail/mail.ts'
import { openIdSettings } from './openid/options.ts'
import type { OpenIdSettings } from './openid/options.ts'
import { wrongOption } from './option-error.ts'
import type {
  AuthorizationServerOptions,
  KeyOptions,
  Lifetimes,
  ProviderAccounts,
  RegistrationOptions,
  ScopeCatalogue,
} from './options.ts'
import { resourcesOf, withAdmin } from './resources.ts'
import type { Resource } from './resources.ts'

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
    throw wrongOption(
      'development',
      'only for an issuer on this machine (http://localhost:8000), and not with NODE_ENV=production',
    )
  }
  const issuer = checkIssuer(options.issuer, { dangerouslyAllowHttp: isDevelopment })
  const unusable = Object.keys(options.scopes).find((scope) => !isScopeToken(scope))
  if (unusable !== undefined)
    throw wrongOption('scopes', `${JSON.stringify(unusable)} is no scope (RFC 6749 §3.3)`)
  const lifetimes = completedDurations(
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
  if (lifetimes.link > 3600) throw wrongOption('lifetimes.link', 'at most 3600 seconds')
  const retryWindow = options.retryWindow ?? 10
  if (!(retryWindow >= 0 && retryWindow <= 60)) throw wrongOption('retryWindow', 'seconds from 0 to 60')
  const { mail, signUp = false } = options
  if (mail !== undefined && !/^[^\r\n]+@[^\r\n]+$/.test(mail.from))
    throw wrongOption('mail.from', 'an e-mail address')
  if (signUp && mail === undefined && !isDevelopment) {
    throw wrongOption('signUp', 'set mail as well: an account is made by a link that is sent to its address')
  }
  const serviceName = options.serviceName ?? new URL(issuer).host
  const resources = resourcesOf(options, issuer, lifetimes.accessToken)
  const [defaultResource] = resources.values()
  const { admin = false } = options
  const adminResource = admin === false ? undefined : `${issuer}/admin`
  if (defaultResource === undefined) throw wrongOption('resources', 'at least one resource')
  const { algorithm = 'ES256', ...times } = options.keys ?? {}
  if (!['ES256', 'EdDSA', 'RS256', 'PS256'].includes(algorithm)) {
    throw wrongOption('keys.algorithm', 'ES256, EdDSA, RS256 or PS256')
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
    throw wrongOption('registration.scopes', `the scope ${JSON.stringify(unregistrable)} is not in scopes`)
  }
  const scopes = { ...options.scopes, ...(adminResource === undefined ? {} : adminScopes) }
  if (adminResource !== undefined) {
    const taken = Object.keys(adminScopes).find((scope) => Object.hasOwn(options.scopes, scope))
    if (taken !== undefined) throw wrongOption('scopes', `${taken} belongs to the admin API`)
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
    keys: { algorithm, ...completedDurations('keys', { rotateEvery: 30 * day, publishAhead: 3600 }, times) },
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
    throw wrongOption('providers', (error as Error).message)
  }
}

function secondFactorOf(given: string = 'optional'): Settings['secondFactor'] {
  if (given === 'optional' || given === 'required') return given
  throw wrongOption('secondFactor', 'optional or required')
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
      throw wrongOption(`rateLimits.${name}`, `there are limits for ${Object.keys(defaults).join(', ')}`)
    }
    const isUsable = Number.isSafeInteger(limit.points) && limit.points > 0 && isDuration(limit.seconds)
    if (!isUsable) throw wrongOption(`rateLimits.${name}`, 'whole points above 0, and seconds above 0')
  }
  return { ...defaults, ...given }
}

function secretKeyOf(secretKey: string | undefined, isDevelopment: boolean): string {
  if (secretKey === undefined || secretKey === '') {
    if (isDevelopment) return developmentKey
    throw wrongOption(
      'secretKey',
      'set the environment variable GATEWRIGHT_SECRET_KEY to 32 random characters or more; private keys are encrypted with it',
    )
  }
  if (secretKey.length < 32) throw wrongOption('secretKey', '32 characters or more')
  return secretKey
}

function stalenessOf(options: StalenessOptions | undefined): Staleness {
  try {
    return checkStaleness('', options)
  } catch (error) {
    throw wrongOption('revocation', (error as Error).message) // it throws nothing else
  }
}
