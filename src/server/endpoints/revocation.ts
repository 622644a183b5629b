/** The revocation endpoint (RFC 7009): a client gives back what it was given, and nothing else. */

import type { CorsOptions } from '../../http/cors.ts'
import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { parseTokenLookup } from '../../protocol/token-lookup.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent, Origin } from '../audit.ts'
import { authenticateClient } from '../client-authentication.ts'
import type { Client } from '../clients.ts'
import { hashOf } from '../grants/grant.ts'
import { issuedJwt } from '../issued-jwt.ts'
import { revokedUntil } from '../keys/signing-keys.ts'
import type { Service } from '../service.ts'
import { oauthForm, tokenLookupForm } from './oauth-form.ts'
import { unlessUnavailable } from './unavailable.ts'

/** Adds `POST /revoke`. */
export function addRevocationEndpoint(
  routes: Router<string>,
  service: () => Promise<Service>,
  cors: CorsOptions,
): void {
  routes.post(
    '/revoke',
    { sent: oauthForm(tokenLookupForm('RevocationRequest')), request, address: clientAddress },
    { open: true, cors, tags: ['OAuth'], summary: 'Revoke a token', limits: { body: 65_536, fields: 100 } },
    ({ sent, request, address }) =>
      unlessUnavailable(async () => {
        const open = await service()
        const origin = address === undefined ? {} : { address }
        const authorization = request.headers.get('authorization') ?? undefined
        const client = await authenticateClient(open, sent, authorization, origin)
        await open.limits.token(client.id, address, 'revocation')
        const { token, order } = parseTokenLookup(sent)
        for (const kind of order) {
          if (await revokers[kind](token, { service: open, client, origin })) break
        }
        // RFC 7009 §2.2: unknown, another client's, dead already: the client has what it wants, and learns no more.
        // The body means nothing, but there are clients that read JSON or fail.
        return Response.json({}, { headers: { 'cache-control': 'no-store', pragma: 'no-cache' } })
      }),
  )
}

interface RevocationContext {
  readonly service: Service
  readonly client: Client
  readonly origin: Origin
}

/** Answers whether the token was of this kind, so that nobody has to look further. */
type Revoke = (token: string, context: RevocationContext) => Promise<boolean>

/** RFC 7009 §2.1: with the refresh token ends what the person granted, and every token that came of it. */
const revokeRefreshToken: Revoke = async (token, { service, client, origin }) => {
  const { store, settings } = service
  const now = settings.now()
  // A spent one as well: a client that lost its newest token can still log out.
  const found = await store.findRefresh(hashOf(token), now)
  if (found === undefined) return false
  const { grant, family } = found
  // What was revoked before must not take with it what the person has granted anew since.
  if (grant.clientId !== client.id || found.status === 'revoked') return true
  const about = {
    subject: grant.subject,
    grantId: grant.id,
    details: { kind: 'refresh_token', familyId: family.id },
  }
  await revoking(service, client, origin, about, (audit) =>
    store.revokeGrant(grant.id, { now, until: revokedUntil(settings, now), audit }),
  )
  return true
}

/** An access token alone: the refresh token stays, as the client may only want a narrower one. */
const revokeAccessToken: Revoke = async (token, { service, client, origin }) => {
  const { store, settings } = service
  const now = settings.now()
  const hash = hashOf(token)
  const row = await store.findAccessToken(hash, now)
  if (row !== undefined) {
    if (row.clientId !== client.id || row.status !== 'live') return true
    const about = {
      subject: row.subject,
      ...(row.grantId === undefined ? {} : { grantId: row.grantId }),
      details: { kind: 'access_token', jti: row.id },
    }
    await revoking(service, client, origin, about, (audit) =>
      store.revokeToken({ hash }, { now, until: row.expiresAt + 120_000, audit }),
    )
    return true
  }
  const claims = await issuedJwt(service, token)
  if (claims === undefined) return false
  const { jti, exp, sub, client_id: clientId, grant_id: grantId } = claims
  if (clientId !== client.id || typeof jti !== 'string' || typeof exp !== 'number') return true
  const until = exp * 1000 + 120_000
  // Nobody takes it any more, so nobody has to be told.
  if (until <= now) return true
  const about = {
    ...(typeof sub === 'string' ? { subject: sub } : {}),
    ...(typeof grantId === 'string' ? { grantId } : {}),
    details: { kind: 'access_token', jti },
  }
  await revoking(service, client, origin, about, (audit) =>
    store.revokeToken({ id: jti }, { now, until, audit }),
  )
  return true
}

const revokers: { readonly [Kind in 'access_token' | 'refresh_token']: Revoke } = {
  access_token: revokeAccessToken,
  refresh_token: revokeRefreshToken,
}

/** Revokes, and tells the hook of it. */
async function revoking(
  service: Service,
  client: Client,
  origin: Origin,
  about: Pick<AuditEvent, 'subject' | 'grantId' | 'details'>,
  revoke: (audit: readonly AuditEvent[]) => Promise<boolean>,
): Promise<void> {
  const event = auditEvent('token.revoked', service.settings.now(), {
    clientId: client.id,
    ...about,
    ...origin,
  })
  if (await revoke([event])) service.tell([event])
}
