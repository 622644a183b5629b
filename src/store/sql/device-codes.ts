/** Device codes in SQL. */

import { pollTolerance, slowDownStep } from '../ports/device-codes.ts'
import type { DeviceCodeStore, FoundDeviceCode } from '../ports/device-codes.ts'
import { insertAudit } from './audit.ts'
import { json } from './columns.ts'
import type { Integer } from './columns.ts'
import { deviceOf, selectDevice, selectDeviceByUserCode } from './device-code-row.ts'
import type { DeviceRow } from './device-code-row.ts'
import { holding, holdOrMakeGrant, holdStep, orGone } from './holding.ts'
import { endOf, issuedSteps } from './issued.ts'
import { clientIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import { statement, step } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The device-code operations of the store. */
export function deviceCodeStore(session: Session, subjects: Subjects): DeviceCodeStore {
  async function found(row: DeviceRow | undefined, now: number): Promise<FoundDeviceCode | undefined> {
    return row && deviceOf(row, now, row.g_subject === null || (await subjects.isAlive(row.g_subject)))
  }

  async function find(hash: string, now: number): Promise<FoundDeviceCode | undefined> {
    return found(await session.row(selectDevice, { hash }), now)
  }

  return {
    async saveDevice(device, audit) {
      const saved = session.transact(async (runner) => {
        if ((await runner.row(findClient, { clientId: device.clientId })) === undefined) return undo('gone')
        const values = {
          ...device,
          scopes: device.scopes.join(' '),
          resources: device.resources.join(' '),
          dpopJkt: device.dpopJkt ?? null,
          data: json(device.data),
        }
        if ((await runner.changes(insert, values)) === 0) return undo('taken')
        await insertAudit(runner, audit)
        return 'saved' as const
      })
      return orGone<'saved' | 'taken' | 'gone'>(saved)
    },
    findDevice: find,
    findDeviceByUserCode: async (userCodeHash, now) =>
      found(await session.row(selectDeviceByUserCode, { userCodeHash }), now),
    async claimDevice(userCodeHash, owner, now) {
      if ((await session.changes(claim, { userCodeHash, owner, now })) === 0) return undefined
      const device = await found(await session.row(selectDeviceByUserCode, { userCodeHash }), now)
      return device?.status === 'pending' ? device : undefined
    },
    async decideDevice(userCodeHash, owner, decision, now) {
      const { approved, audit } = decision
      if (approved && !(await subjects.isAlive(decision.grant.subject))) return 'gone'
      return orGone(
        session.transact(async (runner) => {
          const common = { userCodeHash, owner, now }
          if (approved) {
            const { grant, authTime, sessionId = null, data } = decision
            // The device may ask as late as its code ends, and needs the grant then.
            const asked = await runner.row(selectEnd, { userCodeHash })
            if (asked === undefined) return undo('gone')
            if (!(await holdOrMakeGrant(runner, grant, now, Number(asked.expires_at)))) return undo('gone')
            const values = {
              ...common,
              clientId: grant.clientId,
              grantId: grant.id,
              authTime,
              sessionId,
              data: json(data),
            }
            if ((await runner.changes(approve, values)) === 0) return undo('gone')
          } else if ((await runner.changes(deny, common)) === 0) {
            return undo('gone')
          }
          await insertAudit(runner, audit)
          return 'decided' as const
        }),
      )
    },
    async pollDevice(hash, now) {
      const poll = await session.row(countPoll, { hash, now })
      const device = await find(hash, now)
      if (device === undefined) return undefined
      const isTooFast = poll !== undefined && Number(poll.was_too_fast) === 1 && device.status === 'pending'
      return {
        status: isTooFast ? 'slow_down' : device.status,
        interval: Number(poll?.poll_interval ?? device.interval),
        device,
      }
    },
    async redeemDevice(hash, now, issued) {
      if (!(await subjects.isAliveIn(async () => (await find(hash, now))?.grant))) return 'gone'
      const end = endOf(issued, now)
      const gates = [
        holdStep(hold, { hash, now, end }),
        step(redeem, { hash, now, familyId: issued.family?.id ?? null, end }),
      ]
      const writes = issuedSteps(issued, { by: 'device', value: hash }, now)
      if (await session.consume(gates, writes)) return 'redeemed'
      return (await find(hash, now))?.status === 'spent' ? 'spent' : 'gone'
    },
  }
}

const findClient = statement<{ clientId: string }>`
  select k.id from gatewright_clients as k where k.id = ${'clientId'} and ${clientIsAlive('k.id')}`

interface InsertValues {
  readonly hash: string
  readonly userCodeHash: string
  readonly clientId: string
  readonly scopes: string
  readonly resources: string
  readonly dpopJkt: string | null
  readonly data: string | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly interval: number
}

const insert = statement<InsertValues>`
  insert into gatewright_device_codes (hash, user_code_hash, client_id, scopes, resources, dpop_jkt, data, created_at,
    expires_at, kept_until, poll_interval, was_too_fast)
  values (${'hash'}, ${'userCodeHash'}, ${'clientId'}, ${'scopes'}, ${'resources'}, ${'dpopJkt'}, ${'data'},
    ${'createdAt'}, ${'expiresAt'}, ${'expiresAt'}, ${'interval'}, 0)
  on conflict do nothing`

interface Ownership {
  readonly userCodeHash: string
  readonly owner: string
  readonly now: number
}

const claim = statement<Ownership>`
  update gatewright_device_codes set owner = ${'owner'}
  where user_code_hash = ${'userCodeHash'} and (owner is null or owner = ${'owner'})
    and decision is null and expires_at > ${'now'}`

const approve = statement<
  Ownership & {
    clientId: string
    grantId: string
    authTime: number
    sessionId: string | null
    data: string | null
  }
>`
  update gatewright_device_codes set decision = 'approved', grant_id = ${'grantId'}, auth_time = ${'authTime'},
    session_id = ${'sessionId'}, data = coalesce(${'data'}, data)
  where user_code_hash = ${'userCodeHash'} and owner = ${'owner'} and client_id = ${'clientId'}
    and decision is null and expires_at > ${'now'}`

const selectEnd = statement<{ userCodeHash: string }, { expires_at: Integer }>`
  select expires_at from gatewright_device_codes where user_code_hash = ${'userCodeHash'}`

const deny = statement<Ownership>`
  update gatewright_device_codes set decision = 'denied'
  where user_code_hash = ${'userCodeHash'} and owner = ${'owner'} and decision is null and expires_at > ${'now'}`

const isTooFast = `last_poll_at is not null and`
const earliest = `< poll_interval - ${pollTolerance}`

const countPoll = statement<{ hash: string; now: number }, { was_too_fast: Integer; poll_interval: Integer }>`
  update gatewright_device_codes set last_poll_at = ${'now'},
    was_too_fast = case when ${() => isTooFast} ${'now'} - last_poll_at ${() => earliest} then 1 else 0 end,
    poll_interval = case when ${() => isTooFast} ${'now'} - last_poll_at ${() => earliest}
      then poll_interval + ${() => String(slowDownStep)} else poll_interval end
  where hash = ${'hash'} and decision is null and expires_at > ${'now'}
  returning was_too_fast, poll_interval`

const hold = holding('select grant_id from gatewright_device_codes where used_at is null and hash =')

const redeem = statement<{ hash: string; now: number; familyId: string | null; end: number }>`
  update gatewright_device_codes set used_at = ${'now'}, family_id = ${'familyId'},
    kept_until = case when kept_until < ${'end'} then ${'end'} else kept_until end
  where hash = ${'hash'} and decision = 'approved' and used_at is null and expires_at > ${'now'}`
