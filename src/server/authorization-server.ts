/** A complete authorization server, to be mounted in an application or to stand alone. */

import { setTimeout } from 'node:timers/promises'
import { api } from '../api/api.ts'
import type { Api } from '../api/api.ts'
import { router } from '../api/router.ts'
import type { AnyRouter } from '../api/router.ts'
import type { Dependency } from '../api/dependency.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import { sqlAccountTokenStore } from '../store/sql/account-tokens.ts'
import { sqlIdentityStore } from '../store/sql/identities.ts'
import { sqlGrantStore } from '../store/sql/grant-store.ts'
import { openDatabase } from '../store/open.ts'
import type { AnyDatabase } from '../store/database.ts'
import type { GrantStore } from '../store/grant-store.ts'
import { accounts } from './accounts/accounts.ts'
import { revokingAccounts } from './accounts/revoking.ts'
import type { RevokingAccounts } from './accounts/revoking.ts'
import type { Accounts } from './accounts/types.ts'
import { adminApi } from './admin/api.ts'
import { auditEvent, under } from './audit.ts'
import { assertionAlgorithms } from './client-authentication.ts'
import { clientDocuments } from './client-documents.ts'
import { clientKeys } from './client-keys.ts'
import { clientOrigins, corsFor } from './client-origins.ts'
import type { ClientOrigins } from './client-origins.ts'
import { clientsIn } from './clients.ts'
import type { Clients } from './clients.ts'
import { bearerOf } from './bearer.ts'
import type { BearerOptions } from './bearer.ts'
import { dpopNonces } from './dpop-nonces.ts'
import { addAccountPages, homeRoute } from './endpoints/account/account.ts'
import { addAdminPages } from './endpoints/admin/admin.ts'
import { addAuthorizationEndpoint } from './endpoints/authorization.ts'
import { addConsentPage } from './endpoints/consent.ts'
import { addDevicePage } from './endpoints/device.ts'
import { addLoginPage } from './endpoints/login.ts'
import { addNewPasswordPage } from './endpoints/new-password.ts'
import { addOutboxPage } from './endpoints/outbox.ts'
import { addPasswordRecoveryPages } from './endpoints/password-recovery.ts'
import { addSecondFactorPage } from './endpoints/second-factor.ts'
import { addAccountChooser } from './endpoints/select-account.ts'
import { addProviderPages } from './endpoints/sign-in-with.ts'
import { addSignUpPage } from './endpoints/sign-up.ts'
import { addVerifyPage } from './endpoints/verify.ts'
import { addSignOutPage } from './endpoints/sign-out.ts'
import { assetRoutes } from './endpoints/assets.ts'
import { addTokenEndpoint } from './endpoints/token.ts'
import { addDeviceAuthorizationEndpoint } from './endpoints/device-authorization.ts'
import { addIntrospectionEndpoint } from './endpoints/introspection.ts'
import { addJwksEndpoint } from './endpoints/jwks.ts'
import { addMetadataEndpoint } from './endpoints/metadata.ts'
import { addPushedAuthorizationRequestEndpoint } from './endpoints/pushed-authorization-request.ts'
import { addRegistrationEndpoints } from './endpoints/registration.ts'
import { addResourceMetadataEndpoints } from './endpoints/resource-metadata.ts'
import { addRevocationEndpoint } from './endpoints/revocation.ts'
import { addRevocationFeedEndpoint } from './endpoints/revocation-feed.ts'
import { addUserinfoEndpoint } from './endpoints/userinfo.ts'
import { offeredGrants, offeredMethods } from './endpoints/offered.ts'
import { linkedProviders } from './federation/tokens.ts'
import type { LinkedProviders } from './federation/tokens.ts'
import { healthOf, healthRoute } from './health.ts'
import { deviceInteractionOf } from './interaction/device.ts'
import type { DeviceInteraction } from './interaction/device.ts'
import { interactionOf } from './interaction/interaction.ts'
import type { Interaction } from './interaction/interaction.ts'
import { revokedUntil, signingKeys } from './keys/signing-keys.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import { canMail, mailroomOf } from './mail/mailroom.ts'
import { tellFactorsChanged, tellPasswordChanged } from './mail/owner-news.ts'
import { idTokenAlgorithms } from './openid/algorithms.ts'
import { backChannel } from './openid/back-channel.ts'
import type { EndedSession } from './openid/back-channel.ts'
import { endSessionTokens } from './openid/session-end.ts'
import { operationsOf } from './operations.ts'
import type { Operations } from './operations.ts'
import type { AuthorizationServerOptions, ScopeCatalogue } from './options.ts'
import { rateLimits } from './rate-limits.ts'
import { promptStore } from './prompt-store.ts'
import { revocationFeed } from './revocation-feed.ts'
import type { Service } from './service.ts'
import { sessionsIn } from './sessions.ts'
import { settingsOf } from './settings.ts'
import type { Settings } from './settings.ts'

/**
 * How far behind a node may be with what others revoked, in milliseconds. PostgreSQL tells at once, and this is for when
 * that is lost; SQLite cannot tell, and reading costs some thirty microseconds.
 */
const revocationPoll = { postgres: 1000, sqlite: 250 } as const

/** An authorization server. `app.mount(server)` serves its endpoints beside an API; `server.app` stands alone. */
export interface AuthorizationServer<Scope extends string = string> extends AnyRouter {
  readonly issuer: string
  /** A security scheme for the APIs of this server: verified in the process, revocations included. */
  readonly bearer: (options?: BearerOptions) => Dependency<AccessToken<Scope>, Scope>
  /** Whom a token is about: `server.accounts.get(token.subject)`. Everything else there is of them is in `open`. */
  readonly accounts: Pick<Accounts, 'get' | 'find'>
  /** Everything of the server that waits for the database. The first request does it by itself. */
  readonly open: () => Promise<OpenServer>
  /** The server alone, as an application. */
  readonly app: Api
  /**
   * What `GET /health` of {@link app} answers, for a route of the application that the server is mounted in: 200, or 503
   * while the database does not answer, or since {@link drain}. It never rejects, and takes two seconds at most.
   */
  readonly health: () => Promise<Response>
  /**
   * From now on {@link health} is 503, so that no more requests are sent here; those that come are answered as before.
   * `close` of a listener begins with it.
   */
  readonly drain: () => void
  /** Ends what is open. Requests open it again. */
  readonly close: () => Promise<void>
}

/** The parts of an open server that code and commands work with. */
export interface OpenServer {
  readonly accounts: Accounts & Pick<RevokingAccounts, 'resetFactors' | 'revoke'>
  /** The providers that accounts are linked to, and the tokens of those that keep them. */
  readonly providers: LinkedProviders
  readonly clients: Clients
  readonly keys: SigningKeys
  readonly interaction: Interaction
  /** How a person decides about devices (RFC 8628). */
  readonly devices: DeviceInteraction
  readonly store: GrantStore
}

/**
 * An authorization server.
 *
 * @example
 *
 * ```ts
 * const server = authorizationServer({
 *   issuer: 'http://localhost:8000',
 *   database: 'file:app.db',
 *   scopes: { me: 'See your profile', 'items:write': 'Add and change your items' },
 * })
 * const auth = server.bearer()
 * const app = api().mount(server).get('/me', { token: security(auth, ['me']) }, ({ token }) => token.subject)
 * ```
 *
 * @throws {TypeError} For an option that cannot be right; the message names it and says what would be.
 */
export function authorizationServer<const Scopes extends ScopeCatalogue>(
  options: AuthorizationServerOptions<Scopes>,
): AuthorizationServer<keyof Scopes & string> {
  const plain = options as unknown as AuthorizationServerOptions // the scopes are a narrower record, and only read
  const settings = settingsOf(plain, typeof process === 'undefined' ? {} : process.env)
  const origins = clientOrigins()
  const operations = operationsOf(settings.resources.values())
  let opening: Promise<Opened> | undefined
  let failure: { readonly error: unknown; readonly until: number } | undefined
  const opened = (): Promise<Opened> => {
    // Whoever sends requests to a server that cannot open does not make it try each time.
    if (failure !== undefined && performance.now() < failure.until) return Promise.reject(failure.error)
    opening ??= openServer(plain, settings, origins, operations).catch((error: unknown) => {
      // The database may be back a second later.
      opening = undefined
      failure = { error, until: performance.now() + 1000 }
      throw error
    })
    return opening
  }
  const service = async (): Promise<Service> => (await opened()).service
  const health = healthOf(service, settings)
  const close = async (): Promise<void> => {
    const closing = opening
    opening = undefined
    // Otherwise whoever asks how it is would open it again.
    health.drain()
    try {
      await (await closing?.catch(() => undefined))?.close()
    } finally {
      health.stopped()
    }
  }

  const cors = corsFor(origins)
  const routes = router({ prefix: settings.basePath })
  addTokenEndpoint(routes, service, cors)
  addDeviceAuthorizationEndpoint(routes, service, cors)
  addJwksEndpoint(routes, settings, service)
  addRevocationEndpoint(routes, service, cors)
  addRevocationFeedEndpoint(routes, service)
  addIntrospectionEndpoint(routes, service)
  addPushedAuthorizationRequestEndpoint(routes, service, cors)
  addRegistrationEndpoints(routes, settings, service)
  const { pages } = settings
  const site = pages && { routes, service, settings, set: pages }
  if (site !== undefined) {
    addAuthorizationEndpoint(site)
    addLoginPage(site)
    addProviderPages(site)
    addSecondFactorPage(site)
    addNewPasswordPage(site)
    addAccountChooser(site)
    addConsentPage(site)
    addDevicePage(site)
    addAccountPages(site)
    addSignOutPage(site)
    if (canMail(settings)) {
      if (settings.signUp) addSignUpPage(site)
      addVerifyPage(site)
      addPasswordRecoveryPages(site)
      if (settings.mail === undefined) addOutboxPage(site)
    }
    addAdminPages(site)
    if (settings.openid !== undefined) addUserinfoEndpoint(routes, service, cors)
  }
  // Well-known addresses are those of the host: the issuer's path stands behind them, or is part of them already.
  const wellKnown = router()
  addMetadataEndpoint(wellKnown, settings)
  addResourceMetadataEndpoints(wellKnown, settings)
  const home = site === undefined ? [] : homeRoute(site).declared
  const assets = site === undefined ? [] : assetRoutes(site).declared
  const admin = adminApi(settings, service, operations)
  const declared = [...routes.declared, ...wellKnown.declared, ...assets, ...admin.declared]
  return {
    issuer: settings.issuer,
    declared,
    bearer: (bearerOptions = {}) => bearerOf(settings, service, operations, bearerOptions),
    accounts: {
      get: async (id) => (await opened()).parts.accounts.get(id),
      find: async (username) => (await opened()).parts.accounts.find(username),
    },
    open: async () => (await opened()).parts,
    app: api({ title: 'Authorization server', docs: false, report: settings.report }).mount({
      declared: [...declared, ...home, ...healthRoute(settings, health).declared],
      drain: health.drain,
      close,
    }),
    health: health.answer,
    drain: health.drain,
    close,
  }
}

interface Opened {
  readonly service: Service
  readonly parts: OpenServer
  readonly close: () => Promise<void>
}

async function openServer(
  options: AuthorizationServerOptions,
  settings: Settings,
  origins: ClientOrigins,
  operations: Operations,
): Promise<Opened> {
  const { database: target } = options
  const isOurs = typeof target === 'string' || !('kysely' in target)
  const database: AnyDatabase = isOurs ? await openDatabase(target) : target
  try {
    return await openOn(database, isOurs, settings, origins, operations)
  } catch (error) {
    // Nothing of a failed start stays open.
    if (isOurs) await database.close()
    throw error
  }
}

async function openOn(
  database: AnyDatabase,
  isOurs: boolean,
  settings: Settings,
  origins: ClientOrigins,
  operations: Operations,
): Promise<Opened> {
  const { now, report } = settings
  const plainStore = await sqlGrantStore(database, now())
  const revocations = revocationFeed(plainStore, settings)
  const store = promptStore(plainStore, () => revocations.refresh())
  const tell: Service['tell'] = (events) => {
    for (const event of events) {
      try {
        settings.onAudit?.(event)
      } catch (error) {
        report(error)
      }
    }
  }
  const audit: Service['audit'] = async (events) => {
    await store.appendAudit(events)
    tell(events)
  }
  const rules = {
    grantTypes: [...offeredGrants],
    authenticationMethods: offeredMethods,
    scopes: settings.scopeNames,
    assertionAlgorithms,
    idTokenAlgorithms: idTokenAlgorithms(settings),
  }
  const clients = clientsIn(
    store,
    rules,
    now,
    (at) => revokedUntil(settings, at),
    (event) => audit([event]),
  )
  await clients.apply(settings.clients)
  const keys = signingKeys(store, settings, (event) => audit([event]))
  await keys.current()
  const closing = new AbortController()
  const channel = backChannel({ clients, keys, settings }, (milliseconds) =>
    pause(milliseconds, closing.signal),
  )
  await revocations.refresh()
  const endingSessions: Service['endingSessions'] = async (subject) => {
    const ended = await sessionsOf(store, subject, now())
    return () => {
      for (const session of ended) channel.tell(session)
    }
  }
  const mail = await mailroomOf(settings)
  const identities = await sqlIdentityStore(database, now())
  const own = await accounts({
    database,
    scopes: Object.keys(settings.scopes),
    passwords: settings.passwords,
  })
  const users = revokingAccounts(own, async (subject, why, by = {}) => {
    const at = now()
    const events = [under(auditEvent(why, at, { subject }), by)]
    const tellApplications = await endingSessions(subject)
    const revoking = { now: at, until: revokedUntil(settings, at), audit: events }
    if (why === 'account.factors_reset') await store.removeAuthenticators(subject, revoking)
    else await store.revokeSubject(subject, revoking)
    tell(events)
    if (why === 'account.factors_reset')
      tellFactorsChanged({ settings, mail, accounts: own }, subject, 'reset')
    if (why === 'account.password_changed') tellPasswordChanged({ settings, mail, accounts: own }, subject)
    tellApplications()
  })
  revocations.start(revocationPoll[database.dialect])
  const limits = rateLimits(store, settings)
  const service: Service = {
    settings,
    store,
    accounts: users,
    identities,
    links: await sqlAccountTokenStore(database, now()),
    mail,
    clients,
    documents: clientDocuments({
      settings,
      store,
      clients,
      limits,
      audit,
      onKept: (client) => origins.add(client),
    }),
    keys,
    clientKeys: clientKeys(settings),
    limits,
    revocations,
    nonces: dpopNonces(settings.secretKey, now),
    sessions: sessionsIn(store, settings, tell, async ({ id, subject }) => {
      const families = await endSessionTokens(store, settings, tell, id)
      return () => channel.tell({ id, subject, families })
    }),
    endingSessions,
    operations,
    tell,
    audit,
  }
  await origins.refresh(clients)
  let tidied: Promise<unknown> = Promise.resolve()
  const cleaning = setInterval(() => {
    tidied = Promise.all([
      purge(store, now, closing.signal).catch(report),
      origins.refresh(clients).catch(report),
    ])
  }, 60_000)
  cleaning.unref()
  return {
    service,
    parts: {
      accounts: users,
      providers: linkedProviders(service),
      clients,
      keys,
      store,
      interaction: interactionOf(service),
      devices: deviceInteractionOf(service),
    },
    async close() {
      clearInterval(cleaning)
      closing.abort()
      await tidied
      await revocations.stop()
      await mail?.close()
      await channel.close()
      await users.close()
      await store.close()
      if (isOurs) await database.close()
    },
  }
}

/** The sessions that end with what an account could do, and what had come from them. */
async function sessionsOf(store: GrantStore, subject: string, now: number): Promise<readonly EndedSession[]> {
  const sessions = await store.listSessions(subject, now)
  return Promise.all(
    sessions.map(async ({ id }) => ({ id, subject, families: await store.listSessionFamilies(id) })),
  )
}

/** Resolves after so many milliseconds, or when the signal is given. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
}

/** How long audit events are kept: 400 days, in milliseconds. */
const auditAge = 400 * 86_400_000

/** A step at a time, so that nobody waits behind it. */
async function purge(store: GrantStore, now: () => number, closing: AbortSignal): Promise<void> {
  for (let step = 0; step < 1000 && !closing.aborted; step++) {
    if ((await store.purge(now(), undefined, { auditBefore: now() - auditAge })) === 0) return
    await setTimeout(20)
  }
}
