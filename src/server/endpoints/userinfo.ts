/** The userinfo endpoint (OpenID Connect Core §5.3): a client asks who the person behind its access token is. */

import { request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import type { CorsOptions } from '../../http/cors.ts'
import { parseAuthorization } from '../../protocol/authorization-header.ts'
import { challenge } from '../../protocol/challenge.ts'
import { dpopAlgorithms } from '../../protocol/dpop.ts'
import type { TokenDescription } from '../../protocol/introspection.ts'
import { endpointUrl } from '../../protocol/issuer.ts'
import { Rejection } from '../../protocol/rejection.ts'
import { provenKey } from '../dpop.ts'
import { liveToken } from '../live-token.ts'
import { claimNames, claimsOf } from '../openid/claims.ts'
import type { Claims } from '../openid/options.ts'
import { authorizationData } from '../openid/id-token.ts'
import { subjectFor } from '../openid/subject.ts'
import type { Service } from '../service.ts'
import { postedTokens } from './posted-token.ts'
import { unlessUnavailable } from './unavailable.ts'

/** Adds `GET` and `POST /userinfo`. */
export function addUserinfoEndpoint(
  routes: Router<string>,
  service: () => Promise<Service>,
  cors: CorsOptions,
): void {
  const contract = {
    open: true,
    cors: { ...cors, methods: ['GET', 'POST'] },
    tags: ['OpenID Connect'],
    summary: 'Who the person is',
  } as const
  routes.get('/userinfo', { request }, { ...contract, operationId: 'userinfo' }, ({ request }) =>
    unlessUnavailable(async () => userinfo(await service(), request, [])),
  )
  // Core §5.3.1: both. A form may carry the token (RFC 6750 §2.2): there are clients that do nothing else.
  routes.post(
    '/userinfo',
    { request, posted: postedTokens },
    { ...contract, operationId: 'userinfo_post', limits: { body: 65_536, fields: 100 } },
    ({ request, posted }) => unlessUnavailable(async () => userinfo(await service(), request, posted)),
  )
}

async function userinfo(service: Service, wanted: Request, posted: readonly string[]): Promise<Response> {
  const header = wanted.headers.get('authorization') ?? undefined
  // RFC 6750 §2: one way at a time. Else one part of a client could speak for another.
  if (posted.length > (header === undefined ? 1 : 0)) return refused(400, twice)
  const presented =
    posted[0] === undefined ? parseAuthorization(header) : { scheme: 'Bearer', credentials: posted[0] }
  const scheme = presented?.scheme.toLowerCase()
  if (presented === undefined || (scheme !== 'bearer' && scheme !== 'dpop')) return refused(401)
  const token = await liveToken(service, { token: presented.credentials, order: ['access_token'] })
  const { settings } = service
  // A token for some other API is none for this one (RFC 9068 §4).
  if (token === undefined || !token.audience.includes(settings.issuer)) return refused(401, invalidToken)
  const fault = await proofFault(service, wanted, presented.credentials, token, scheme === 'dpop')
  if (fault !== undefined) {
    const nonce = fault.error === 'use_dpop_nonce' ? { 'dpop-nonce': service.nonces.current() } : {}
    return refused(401, fault, nonce, isAboutProof(fault))
  }
  if (!token.scopes.includes('openid')) return refused(403, tooLittle)
  const claims = await claimsFor(service, token)
  return claims === undefined ? refused(401, invalidToken) : Response.json(claims, { headers: unkept })
}

/** RFC 9449 §7.1, §7.2: a bound token needs its proof, and is no bearer token. */
async function proofFault(
  service: Service,
  wanted: Request,
  accessToken: string,
  { dpopThumbprint }: TokenDescription,
  isDpop: boolean,
): Promise<Rejection | undefined> {
  if (!isDpop) return dpopThumbprint === undefined ? undefined : needsProof
  const key = await provenKey(service, {
    proof: wanted.headers.get('dpop') ?? undefined,
    method: wanted.method,
    url: endpointUrl(service.settings.issuer, '/userinfo'),
    accessToken,
  })
  if (key instanceof Rejection) return key
  return dpopThumbprint !== undefined && key === dpopThumbprint ? undefined : wrongKey
}

/** What the client may know of the person; `undefined` when there is no person, or no client, any more. */
async function claimsFor(service: Service, token: TokenDescription): Promise<Claims | undefined> {
  const { settings, accounts, clients, store } = service
  const { openid } = settings
  const { subject, clientId, grantId, familyId } = token
  const client = await clients.get(clientId)
  const account = subject === undefined ? undefined : await accounts.get(subject)
  if (openid === undefined || client === undefined || account === undefined) return undefined
  const [grant, family] = await Promise.all([
    grantId === undefined ? undefined : store.getGrant(grantId),
    familyId === undefined ? undefined : store.getFamily(familyId),
  ])
  const single = authorizationData(family?.data).claims?.userinfo ?? []
  const names = claimNames(openid, token.scopes, single, grant?.scopes ?? token.scopes)
  // Core §5.3.2: the subject always, and the same one as in the ID token.
  return { ...(await claimsOf(service, account, names)), sub: subjectFor(settings, client, account.id) }
}

const unkept = { 'cache-control': 'no-store', pragma: 'no-cache' }

const invalidToken = new Rejection('The access token is unknown, expired, revoked or for another API')
const needsProof = new Rejection('The token is bound to a key: present it with the DPoP scheme and a proof')
const wrongKey = new Rejection('The DPoP proof is missing or of another key', 'invalid_dpop_proof')
const twice = { error: 'invalid_request', description: 'The access token is there more than once' }
const tooLittle = {
  error: 'insufficient_scope',
  description: 'The access token does not have the scope openid',
}

function isAboutProof({ error }: { readonly error: string }): boolean {
  return error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
}

/** RFC 6750 §3, §3.1: the challenge, which says nothing more to whoever presented nothing. */
function refused(
  status: 400 | 401 | 403,
  fault?: { readonly error: string; readonly description: string },
  more: Readonly<Record<string, string>> = {},
  isProof = false,
): Response {
  const words = {
    error: fault?.error,
    error_description: fault?.description,
    ...(fault === tooLittle || fault === undefined ? { scope: 'openid' } : {}),
    ...(isProof ? { algs: dpopAlgorithms.join(' ') } : {}),
  }
  const headers = { ...unkept, ...more, 'www-authenticate': challenge(isProof ? 'DPoP' : 'Bearer', words) }
  const body = fault && { error: fault.error, error_description: fault.description }
  return Response.json(body ?? { detail: 'Not authenticated' }, { status, headers })
}
