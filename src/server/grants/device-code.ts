/** The device grant (RFC 8628 §3.4): a device asks again and again, and gets tokens once, after a person has agreed elsewhere. */

import { randomToken } from '../../crypto/random.ts'
import { pollError } from '../../protocol/device-code.ts'
import type { PollJudgement } from '../../protocol/device-code.ts'
import type { DeviceCodeRequest } from '../../protocol/token-request.ts'
import type { DevicePoll } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import { prepareAccessToken, prepareRefreshToken } from '../token-answer.ts'
import { hashOf, resourcesFor } from './grant.ts'
import type { Grant } from './grant.ts'

/** Answers a poll. Of many polls after the approval exactly one gets tokens. */
export const redeemDeviceCode: Grant<DeviceCodeRequest> = async (request, context) => {
  const { service, client, dpopJkt, origin } = context
  const { store, settings } = service
  const now = settings.now()
  const hash = hashOf(request.deviceCode)
  const known = await store.findDevice(hash, now)
  // Before it counts as a poll: a stranger slows nobody down, and learns nothing (RFC 8628 §3.4).
  if (known === undefined || known.clientId !== client.id) throw refused('client')
  const resources = resourcesFor(service, request.resources, known.resources)
  const poll = await store.pollDevice(hash, now)
  const device = poll?.device
  if (poll === undefined || device?.grant === undefined || poll.status !== 'approved') throw notYet(poll)

  const { grant, authTime, sessionId } = device
  // The grant may be of an earlier time, and allow more than was asked for here.
  const scopes = grant.scopes.filter((scope) => device.scopes.includes(scope))
  const familyId = randomToken(16)
  const familyEnd = now + settings.lifetimes.refreshAbsolute * 1000
  const withRefresh = client.metadata.grantTypes.includes('refresh_token')
  const refresh = withRefresh ? prepareRefreshToken(service, familyEnd) : undefined
  const access = await prepareAccessToken(service, {
    client,
    subject: grant.subject,
    scopes,
    resources,
    grantId: grant.id,
    familyId,
    dpopJkt,
    authTime,
  })
  const audit = [
    auditEvent('device.redeemed', now, {
      clientId: client.id,
      subject: grant.subject,
      grantId: grant.id,
      details: { jti: access.id, scopes },
      ...origin,
    }),
  ]
  const outcome = await store.redeemDevice(hash, now, {
    family: {
      id: familyId,
      expiresAt: familyEnd,
      scopes,
      resources: device.resources,
      ...(authTime === undefined ? {} : { authTime }),
      // As for codes: a public client proves itself by the key (RFC 9449 §5).
      ...(dpopJkt === undefined || client.isConfidential ? {} : { dpopJkt }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(refresh === undefined ? {} : { refreshToken: refresh.row }),
    },
    accessTokens: access.rows,
    audit,
  })
  // Told `spent`, it was simultaneous with the one that won, whose tokens stay good.
  if (outcome !== 'redeemed') throw refused('redeemed')
  service.tell(audit)
  return { ...access.answer, ...(refresh === undefined ? {} : { refresh_token: refresh.value }) }
}

/** RFC 8628 §3.5 */
function notYet(poll: DevicePoll | undefined): Error {
  switch (poll?.status) {
    case 'pending':
      return pollError({ verdict: 'pending' })
    case 'slow_down':
      return pollError({ verdict: 'slow_down', interval: Math.ceil(poll.interval / 1000) })
    case 'denied':
      return pollError({ verdict: 'denied' })
    case 'expired':
      return pollError({ verdict: 'expired' })
    // Spent; or what the person agreed to is revoked. And approved there is always a grant.
    default:
      return refused('redeemed')
  }
}

function refused(reason: Extract<PollJudgement, { readonly verdict: 'refuse' }>['reason']): Error {
  return pollError({ verdict: 'refuse', reason })
}
