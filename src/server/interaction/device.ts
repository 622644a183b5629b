/** The port by which a person enters the code of a device and decides (RFC 8628 §3.3): pages stand on the other side. */

import { createHmac } from 'node:crypto'
import { randomToken } from '../../crypto/random.ts'
import { deriveKey } from '../../crypto/seal.ts'
import { acrOf } from '../../protocol/authentication-context.ts'
import { formatUserCode, normalizeUserCode } from '../../protocol/device-code.ts'
import { grantedScope } from '../../protocol/granted-scope.ts'
import type { DeviceDecision, FoundDeviceCode } from '../../store/grant-store.ts'
import { heldScopes } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent, AuditEventType } from '../audit.ts'
import type { Client } from '../clients.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'

/** Who sits before the page: logged in, as nobody else may enter codes (RFC 8628 §5.4). */
export interface DevicePerson {
  /** The account. */
  readonly subject: string
  /** The login session. The first one that enters a code owns it. */
  readonly sessionId: string
  /** When they logged in, in milliseconds since 1970. */
  readonly authTime: number
  /** How they did (RFC 8176). */
  readonly methods?: readonly string[]
  readonly address?: string | undefined
}

/** A device that waits for a person: what the page has to show, and to ask about. */
export interface PendingDevice {
  readonly client: Client
  /** What may be granted at most. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** As it is on the device, to be compared with it (RFC 8628 §3.3.1). */
  readonly userCode: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** What the person agreed to. */
export interface DeviceApproval {
  /** All that was asked for unless told. */
  readonly scopes?: readonly string[]
  /** The grant that this renews, where they agreed before; only together with all that was asked for. */
  readonly grantId?: string
}

/** How a person decides about devices. Codes come as they were typed. */
export interface DeviceInteraction {
  /**
   * Enters a code: from now on it is this session's. `undefined` for a code that is unknown, used, expired or another
   * session's, all alike.
   *
   * @throws {HttpError} 429 when this account or this address has entered too many.
   */
  claim(typed: string, person: DevicePerson): Promise<PendingDevice | undefined>
  /** What this session has entered before, to show it again. */
  find(typed: string, person: DevicePerson): Promise<PendingDevice | undefined>
  /**
   * The person agreed. `false` when it is not theirs to decide, or too late.
   *
   * @throws {OAuthError} `invalid_scope` for more than was asked for.
   */
  approve(typed: string, person: DevicePerson, approval?: DeviceApproval): Promise<boolean>
  /** The person refused. `false` as for `approve`. */
  deny(typed: string, person: DevicePerson): Promise<boolean>
}

/** The device port of an open server. */
export function deviceInteractionOf(service: Service): DeviceInteraction {
  const { settings, store } = service

  async function owned(typed: string, { sessionId }: DevicePerson): Promise<FoundDeviceCode | undefined> {
    const code = normalizeUserCode(typed)
    const found = code && (await store.findDeviceByUserCode(userCodeHash(settings, code), settings.now()))
    return found && found.owner === sessionId && found.status === 'pending' ? found : undefined
  }

  async function shown(
    device: FoundDeviceCode | undefined,
    typed: string,
    person: DevicePerson,
  ): Promise<PendingDevice | undefined> {
    const client = device && (await service.clients.get(device.clientId))
    if (device === undefined || client === undefined || client.disabled) return undefined
    const { resources, expiresAt } = device
    const scopes = await heldScopes(service, person.subject, device.scopes)
    return { client, scopes, resources, expiresAt, userCode: formatUserCode(normalizeUserCode(typed) ?? '') }
  }

  async function decide(
    device: FoundDeviceCode,
    person: DevicePerson,
    decision: DeviceDecision,
    audit: readonly AuditEvent[],
  ): Promise<boolean> {
    const { userCodeHash: hash } = device
    const client = await service.clients.get(device.clientId)
    if (client !== undefined) await service.documents.keep(client)
    const outcome = await store.decideDevice(hash, person.sessionId, { ...decision, audit }, settings.now())
    if (outcome === 'decided') service.tell(audit)
    return outcome === 'decided'
  }

  function event(
    type: AuditEventType,
    device: FoundDeviceCode,
    { subject, address }: DevicePerson,
    more: { readonly grantId?: string; readonly details?: AuditEvent['details'] } = {},
  ): AuditEvent {
    const { details, grantId } = more
    return auditEvent(type, settings.now(), {
      clientId: device.clientId,
      subject,
      ...(grantId === undefined ? {} : { grantId }),
      ...(details === undefined ? {} : { details }),
      ...(address === undefined ? {} : { address }),
    })
  }

  return {
    async claim(typed, person) {
      const again = await owned(typed, person)
      if (again !== undefined) return shown(again, typed, person)
      // RFC 8628 §5.1: counted before anything is said, so that many guesses at once are no more than one by one.
      await service.limits.userCodes(person.subject, person.address)
      const code = normalizeUserCode(typed)
      if (code === undefined) return undefined
      const hash = userCodeHash(settings, code)
      return shown(await store.claimDevice(hash, person.sessionId, settings.now()), typed, person)
    },
    find: async (typed, person) => shown(await owned(typed, person), typed, person),
    async approve(typed, person, approval = {}) {
      const device = await owned(typed, person)
      if (device === undefined) return false
      const agreed = grantedScope({ requested: approval.scopes, allowed: device.scopes })
      const scopes = await heldScopes(service, person.subject, agreed)
      // An old grant may hold what was left out this time, and the device would get it.
      const isAll = device.scopes.every((scope) => scopes.includes(scope))
      const grantId = (isAll ? approval.grantId : undefined) ?? randomToken(16)
      const { clientId, resources } = device
      const { subject, authTime, sessionId, methods } = person
      const data = methods && { amr: methods, acr: acrOf(methods) }
      const grant = { id: grantId, clientId, subject, scopes, resources }
      const audit = [event('device.approved', device, person, { grantId, details: { scopes } })]
      const told = {
        approved: true,
        grant,
        authTime,
        sessionId,
        ...(data === undefined ? {} : { data }),
      } as const
      return decide(device, person, told, audit)
    },
    async deny(typed, person) {
      const device = await owned(typed, person)
      if (device === undefined) return false
      return decide(device, person, { approved: false }, [event('device.denied', device, person)])
    },
  }
}

/** How a user code is kept. It is short enough to be found by trying, so whoever tries needs the server's secret as well. */
export function userCodeHash({ secretKey }: Pick<Settings, 'secretKey'>, code: string): string {
  return createHmac('sha256', deriveKey(secretKey, 'gatewright user codes')).update(code).digest('base64url')
}
