/** The device grant (RFC 8628 §3.4): a device asks again and again, and gets tokens once, after a person has agreed elsewhere. */

import { pollError } from '../../protocol/device-code.ts'
import type { PollJudgement } from '../../protocol/device-code.ts'
import type { DeviceCodeRequest } from '../../protocol/token-request.ts'
import type { DevicePoll } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import { hashOf, resourcesFor } from './grant.ts'
import type { Grant } from './grant.ts'
import { prepareFamily } from './new-family.ts'

/** Answers a poll. Of many polls after the approval exactly one gets tokens. */
export const redeemDeviceCode: Grant<DeviceCodeRequest> = async (request, context) => {
  const { service, client, origin } = context
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

  const { grant, authTime } = device
  // The grant may be of an earlier time, and allow more than was asked for here.
  const scopes = grant.scopes.filter((scope) => device.scopes.includes(scope))
  const family = await prepareFamily(context, {
    grantId: grant.id,
    subject: grant.subject,
    scopes,
    resources,
    allowedResources: device.resources,
    authTime,
    // Not of the session that agreed: a device does not end with the browser that it was allowed in.
    data: device.data,
    agreed: grant.scopes,
  })
  const audit = [
    auditEvent('device.redeemed', now, {
      clientId: client.id,
      subject: grant.subject,
      grantId: grant.id,
      details: { jti: family.jti, scopes },
      ...origin,
    }),
  ]
  const outcome = await store.redeemDevice(hash, now, { ...family.rows, audit })
  // Told `spent`, it was simultaneous with the one that won, whose tokens stay good.
  if (outcome !== 'redeemed') throw refused('redeemed')
  service.tell(audit)
  return family.answer
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
