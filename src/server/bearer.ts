/** The security scheme of the APIs that one server guards: tokens verified in the process, revocations and DPoP included. */

import { sha256Base64url } from '../crypto/hash.ts'
import type { Dependency } from '../api/dependency.ts'
import { missing, schemeDependency } from '../api/scheme.ts'
import type { Authenticated, CredentialSource, ScopeDescriptions } from '../api/scheme.ts'
import type { OAuthFlows } from '../api/schemes/oauth2.ts'
import { contextClasses } from '../protocol/authentication-context.ts'
import { parseAuthorization } from '../protocol/authorization-header.ts'
import { refusals } from '../protocol/access-token.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import { Rejection } from '../protocol/rejection.ts'
import { endpointUrl } from '../protocol/issuer.ts'
import { resourceMetadataUrl } from '../protocol/resource-metadata.ts'
import { unmetDemand } from '../protocol/step-up.ts'
import { tokenChallenges } from '../protocol/token-challenges.ts'
import { accessTokens } from '../verify/access-tokens.ts'
import type { AccessTokens } from '../verify/access-tokens.ts'
import { sentRightly } from '../verify/sender.ts'
import { patient } from '../verify/patient.ts'
import { isRevokedNow } from '../verify/staleness.ts'
import type { RevocationKnowledge, Staleness } from '../verify/staleness.ts'
import { provenKey } from './dpop.ts'
import type { Operations } from './operations.ts'
import type { Service } from './service.ts'
import type { Settings } from './settings.ts'

/** Which API this scheme guards. */
export interface BearerOptions {
  /** Its identifier among the `resources` of the server; the first one unless told. */
  readonly audience?: string
  /** The key under `components.securitySchemes`; `OAuth2` unless told. */
  readonly name?: string
  readonly description?: string
  /** The ways to a token that the document names and the docs page offers; all that the server has unless told. */
  readonly flows?: readonly BearerFlow[]
  /**
   * Lets the `Host` of a request say which API a DPoP proof must be for (RFC 9449 §4.3), instead of the origin of the
   * audience. Only where something in front of the API makes sure of that header.
   */
  readonly dangerouslyTrustHost?: boolean
}

/** A way to a token, as OpenAPI names it. */
export type BearerFlow = 'authorizationCode' | 'clientCredentials'

/** A scheme for one API of a server. */
export function bearerOf<Scope extends string>(
  settings: Settings,
  service: () => Promise<Service>,
  operations: Operations,
  options: BearerOptions,
): Dependency<AccessToken<Scope>, Scope> {
  const audience = options.audience ?? settings.defaultResource.identifier
  const resource = settings.resources.get(audience)
  if (resource === undefined) {
    throw new TypeError(
      `bearer: the option audience is not usable: ${audience} is not among the server's resources`,
    )
  }
  const scopes = Object.fromEntries(resource.scopes.map((scope) => [scope, settings.scopes[scope] ?? '']))
  const verifier = verifierOf(settings, service, audience, options.dangerouslyTrustHost === true)

  const metadata = resourceMetadataUrl(audience)

  return schemeDependency({
    name: options.name,
    defaultName: 'OAuth2',
    document: {
      type: 'oauth2',
      ...(options.description === undefined ? {} : { description: options.description }),
      flows: flowsOf(settings, scopes, options.flows),
    },
    scopes,
    authenticate: (source) => authenticate(source, verifier, settings.staleness),
    ...tokenChallenges(() => metadata),
    login: (token, demand, required) =>
      unmetDemand(token, demand, required, { now: settings.now() / 1000, clockSkew, reaches: reachesClass }),
    guards: ({ method, path, summary = '' }, required) => {
      const shown = method === 'WEBSOCKET' ? 'WebSocket' : method
      operations.add(audience, required, { summary, operation: `${shown} ${path}` })
    },
  })
}

/** A login with a passkey is as good as any second factor. A class that this server does not have is reached by itself alone. */
function reachesClass(acr: string, wanted: string): boolean {
  const classes: readonly string[] = contextClasses
  return acr === wanted || (classes.includes(wanted) && classes.indexOf(acr) >= classes.indexOf(wanted))
}

/** The flows of the document, those that are wished for where that is told. */
function flowsOf(
  { issuer, pages }: Settings,
  scopes: ScopeDescriptions,
  wished: readonly BearerFlow[] | undefined,
): OAuthFlows {
  const flow = { tokenUrl: endpointUrl(issuer, '/token'), scopes }
  const flows = {
    ...(pages === undefined
      ? {}
      : { authorizationCode: { ...flow, authorizationUrl: endpointUrl(issuer, '/authorize') } }),
    clientCredentials: flow,
  } satisfies OAuthFlows
  if (wished === undefined) return flows
  const unknown = wished.find((name) => !Object.hasOwn(flows, name))
  if (wished.length === 0 || unknown !== undefined) {
    const offered = Object.keys(flows).join(', ')
    throw new TypeError(`bearer: the option flows is not usable: it names some of what there is: ${offered}`)
  }
  return Object.fromEntries(Object.entries(flows).filter(([name]) => wished.includes(name as BearerFlow)))
}

/** How far the clocks of the nodes of a server may differ, in seconds; as for its tokens. */
const clockSkew = 30

interface Verifier {
  /** Synchronous once the server is open. */
  verify(token: string): AccessToken | Rejection | Promise<AccessToken | Rejection>
  /** What was revoked; `undefined` for a token that the store was asked about. */
  revocations(token: string): RevocationKnowledge | undefined
  prove(token: string, source: CredentialSource): Promise<string | Rejection | undefined>
}

function authenticate(source: CredentialSource, verifier: Verifier, staleness: Staleness): Authenticated {
  const presented = parseAuthorization(source.header('authorization'))
  const word = presented?.scheme.toLowerCase()
  if (presented === undefined || presented.credentials === '') return missing
  if (word !== 'bearer' && word !== 'dpop') return missing
  const token = presented.credentials
  const verified = verifier.verify(token)
  const sent = (found: AccessToken): Authenticated =>
    sentRightly(found, word === 'dpop', () => verifier.prove(token, source))
  const judge = (found: AccessToken | Rejection): Authenticated => {
    if (found instanceof Rejection) return found
    const knowledge = verifier.revocations(token)
    // In the usual case `verify` has asked it a moment ago.
    if (knowledge === undefined || knowledge.age <= staleness.maxAge * 1000) return sent(found)
    const { method } = source.request
    const intent = { method, header: (name: string) => source.header(name) }
    const isRevoked = isRevokedNow(found, knowledge, staleness, intent)
    if (!(isRevoked instanceof Promise)) return isRevoked ? refusals.revoked : sent(found)
    return isRevoked.then((later) => (later ? refusals.revoked : sent(found)))
  }
  return verified instanceof Promise ? verified.then(judge) : judge(verified)
}

/** A verifier with the keys of the server. */
interface Ready {
  readonly service: Service
  readonly tokens: AccessTokens
  readonly known: Set<string>
  /** When the keys have to be looked at again, in milliseconds since 1970. */
  staleAt: number
}

/** For how long a key that was taken out elsewhere may be believed here, in milliseconds. */
const keyAge = 30_000
/** When to ask again where the database does not answer, in milliseconds. */
const retryAfter = 1000

function verifierOf(
  settings: Settings,
  service: () => Promise<Service>,
  audience: string,
  trustHost: boolean,
): Verifier {
  let ready: Ready | undefined

  /** Brings the keys of the verifier up to those of the server. */
  async function sync(): Promise<Ready> {
    const open = await service()
    const staleAt = settings.now() + keyAge
    const keys = await open.keys.published()
    const [first, ...others] = keys.map(({ key }) => key)
    if (ready === undefined || ready.service !== open) {
      if (first === undefined) throw new Error('There is no signing key')
      const tokens = accessTokens({
        issuer: settings.issuer,
        audience,
        keys: [first, ...others],
        scopes: settings.scopes,
        now: settings.now,
        isRevoked: (token) => open.revocations.isRevoked(token),
      })
      ready = { service: open, tokens, known: new Set(keys.map(({ id }) => id)), staleAt }
      return ready
    }
    const { tokens, known } = ready
    const present = new Set(keys.map(({ id }) => id))
    for (const { id, key } of keys) if (!known.has(id)) tokens.addKey(key)
    // Nothing is signed here, but a ring does not let go of the key that it would sign with.
    if (first !== undefined) tokens.signWith(first.keyId)
    for (const id of known) if (!present.has(id)) tokens.retireKey(id)
    known.clear()
    for (const id of present) known.add(id)
    ready.staleAt = staleAt
    return ready
  }

  async function verifyAnew(token: string): Promise<AccessToken | Rejection> {
    const open = await service()
    if (token.startsWith('gwa_')) return reference(open, token, audience)
    // A key may be minutes old, made by another node: the list is read again, at most twice a second.
    await open.keys.refresh()
    return (await sync()).tokens.verify(token)
  }

  /** A key may have been taken out elsewhere, as after a leak. Where nobody can be asked, what is known goes on. */
  async function verifyWithFreshKeys(token: string, known: Ready): Promise<AccessToken | Rejection> {
    try {
      return await verifyAnew(token)
    } catch (error) {
      settings.report(error)
      known.staleAt = settings.now() + retryAfter
      return known.tokens.verify(token)
    }
  }

  return {
    verify(token) {
      // A server that was closed and opened again has another feed: the old one knows nothing of what was revoked since.
      if (ready === undefined || ready.service.revocations.isStopped || token.startsWith('gwa_'))
        return verifyAnew(token)
      if (settings.now() >= ready.staleAt) return verifyWithFreshKeys(token, ready)
      const { tokens, known } = ready
      const judge = (
        found: AccessToken | Rejection,
      ): AccessToken | Rejection | Promise<AccessToken | Rejection> =>
        found instanceof Rejection && isOfUnknownKey(token, known) ? verifyAnew(token) : found
      const found = patient(tokens.verify)(token)
      return found instanceof Promise ? found.then(judge) : judge(found)
    },
    revocations: (token) => (token.startsWith('gwa_') ? undefined : ready?.service.revocations),
    async prove(token, source) {
      const open = await service()
      const key = await provenKey(open, {
        proof: source.header('dpop'),
        method: source.request.method,
        url: trustHost ? source.request.url : addressOf(source.request.url, audience),
        accessToken: token,
      })
      if (!(key instanceof Rejection) || key.error !== 'use_dpop_nonce') return key
      // RFC 9449 §9: with it the client can try again.
      return new Rejection(key.description, key.error, { 'dpop-nonce': open.nonces.current() })
    },
  }
}

/**
 * The address that a proof must name. Its origin is that of the API, not what the sender wrote as `Host`: a proof for
 * another host must not be one for this.
 */
function addressOf(url: string, audience: string): string {
  if (!/^https?:/.test(audience)) return url
  const { pathname, search } = new URL(url)
  return new URL(pathname + search, audience).href
}

/** Whether the header names a key that is not in the list. Read without believing it. */
function isOfUnknownKey(token: string, known: ReadonlySet<string>): boolean {
  if (token.length > 8192) return false
  try {
    const header: unknown = JSON.parse(
      atob((token.split('.', 1)[0] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    )
    const kid = typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined
    return typeof kid === 'string' && !known.has(kid)
  } catch {
    return false
  }
}

/** A reference token is asked for in the store, which knows of every revocation. */
async function reference(
  service: Service,
  token: string,
  audience: string,
): Promise<AccessToken | Rejection> {
  const { store, settings } = service
  const found =
    token.length > 200 ? undefined : await store.findAccessToken(sha256Base64url(token), settings.now())
  if (found === undefined || found.status !== 'live' || !found.audience.includes(audience))
    return unknownToken
  return Object.freeze({
    subject: found.subject,
    scopes: found.scopes.filter((scope) => Object.hasOwn(settings.scopes, scope)),
    clientId: found.clientId,
    issuer: settings.issuer,
    audience: found.audience,
    id: found.id,
    issuedAt: Math.floor(found.issuedAt / 1000),
    expiresAt: Math.floor(found.expiresAt / 1000),
    claims: Object.freeze({
      ...found.data,
      ...(found.dpopJkt === undefined ? {} : { cnf: { jkt: found.dpopJkt } }),
    }),
  })
}

const unknownToken = new Rejection('The access token is unknown, expired or revoked')
