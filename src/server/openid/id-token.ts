/** ID tokens: made at the token endpoint, and believed again when a client sends one back as a hint. */

import { decodeBase64url, encodeBase64url } from '../../crypto/base64url.ts'
import { sha256 } from '../../crypto/hash.ts'
import { parseJsonObject, protectedHeader, signJws, splitJws } from '../../crypto/jws.ts'
import type { AuthenticationContext } from '../../protocol/authentication-context.ts'
import { idTokenClaims, readIdTokenHint } from '../../protocol/id-token.ts'
import type { IdTokenHint } from '../../protocol/id-token.ts'
import type { Client } from '../clients.ts'
import type { Service } from '../service.ts'
import { algorithmOf, idTokenAlgorithms } from './algorithms.ts'
import { claimNames, claimsOf } from './claims.ts'
import { subjectFor } from './subject.ts'

/** Whom an ID token is about, and what it is to say. */
export interface IdTokenPlan {
  readonly client: Client
  /** The id of the account. */
  readonly subject: string
  readonly scopes: readonly string[]
  /** What the person agreed to in all. */
  readonly agreed: readonly string[]
  /** When they logged in, in milliseconds since 1970. */
  readonly authTime?: number | undefined
  readonly nonce?: string | undefined
  readonly sessionId?: string | undefined
  readonly data?: Readonly<Record<string, unknown>> | undefined
  readonly accessToken: string
}

/** Signs an ID token; `undefined` where none is asked for. */
export async function idTokenFor(service: Service, plan: IdTokenPlan): Promise<string | undefined> {
  const { settings } = service
  const { openid } = settings
  const { client, subject, scopes, data } = plan
  if (openid === undefined || !scopes.includes('openid')) return undefined
  const account = await service.accounts.get(subject)
  if (account === undefined) return undefined
  const { claims, amr, acr } = authorizationData(data)
  const told = openid.claimsIn === 'id_token' ? scopes : []
  const names = claimNames(openid, told, claims?.idToken ?? [], plan.agreed)
  const algorithm = algorithmOf(settings, client.metadata)
  const key = await service.keys.current(algorithm)
  const content = idTokenClaims({
    issuer: settings.issuer,
    subject: subjectFor(settings, client, subject),
    clientId: client.id,
    issuedAt: Math.floor(settings.now() / 1000),
    lifetime: settings.lifetimes.idToken,
    authTime: plan.authTime === undefined ? undefined : Math.floor(plan.authTime / 1000),
    nonce: plan.nonce,
    sessionId: plan.sessionId,
    acr,
    amr,
    accessTokenHash: encodeBase64url(sha256(plan.accessToken).subarray(0, 16)),
    claims: await claimsOf(service, account, names),
  })
  return signJws(key, protectedHeader(key, 'JWT'), JSON.stringify(content))
}

/** What was noted with the code for the tokens that come of it. */
export interface AuthorizationData extends AuthenticationContext {
  /** Single claims, asked for by name. */
  readonly claims?: { readonly userinfo: readonly string[]; readonly idToken: readonly string[] }
}

/** As `Interaction.approve` wrote it. */
export function authorizationData(data: Readonly<Record<string, unknown>> | undefined): AuthorizationData {
  return data ?? {}
}

/** Whom an ID token of ours speaks of; `undefined` for anything else. It may have expired. */
export async function readHint({ keys, settings }: Service, token: string): Promise<IdTokenHint | undefined> {
  const jws = splitJws(token)
  const bytes = jws && decodeBase64url(jws.header)
  const header = bytes && parseJsonObject(bytes)
  const claims = jws && parseJsonObject(jws.payload)
  if (header === undefined || claims === undefined) return undefined
  const allowed: readonly string[] = idTokenAlgorithms(settings)
  const signer = (await keys.published()).find(
    ({ key }) =>
      key.keyId === header['kid'] && key.algorithm === header['alg'] && allowed.includes(key.algorithm),
  )
  if (!signer?.key.verify(jws?.signingInput ?? '', jws?.signature ?? new Uint8Array())) return undefined
  return readIdTokenHint(header, claims, settings.issuer)
}
