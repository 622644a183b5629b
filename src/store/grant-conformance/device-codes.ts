/** What the suite asks of device codes. */

import assert from 'node:assert/strict'
import { pollTolerance, slowDownStep } from '../grant-store.ts'
import type { GrantStore, NewDeviceCode, NewGrant } from '../grant-store.ts'
import { assertWritten } from './codes.ts'
import {
  client,
  count,
  device,
  grant,
  issuedFor,
  minute,
  revoking,
  second,
  start,
  unique,
  withWorld,
} from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const deviceCodeCases: readonly GrantConformanceCase[] = [
  withWorld('a device code is found by itself and by its user code', async ({ store }) => {
    const full = device({ dpopJkt: 'jkt', data: { name: 'TV' } })
    assert.equal(await store.saveDevice(full, [{ at: start, type: 'device.started' }]), 'saved')
    assert.deepEqual(await store.findDevice(full.hash, start), { ...full, status: 'pending' })
    assert.deepEqual(await store.findDeviceByUserCode(full.userCodeHash, start), {
      ...full,
      status: 'pending',
    })
    assert.equal((await store.findDevice(full.hash, full.expiresAt))?.status, 'expired')
    assert.equal(await store.findDevice('nothing', start), undefined)
    assert.equal(await store.findDeviceByUserCode('nothing', start), undefined)
    const same = device({ userCodeHash: full.userCodeHash })
    assert.equal(await store.saveDevice(same, [{ at: start, type: 'device.started' }]), 'taken')
    assert.equal(await store.findDevice(same.hash, start), undefined)
    assert.equal(await store.saveDevice(device({ clientId: 'nobody' })), 'gone')
    assert.equal((await store.listAudit({ type: 'device.started', limit: 9 })).length, 1)
  }),
  withWorld(
    'SECURITY 105: the first session that enters a user code owns it',
    async ({ callers, store }) => {
      const asked = device()
      await store.saveDevice(asked)
      const claims = await Promise.all(
        callers(12).map((each, index) => each.claimDevice(asked.userCodeHash, `session ${index}`, start)),
      )
      const owners = claims.flatMap((claim) => claim?.owner ?? [])
      assert.equal(owners.length, 1)
      const [owner = ''] = owners
      assert.equal((await store.claimDevice(asked.userCodeHash, owner, start))?.owner, owner)
      const made = grant()
      const approval = { approved: true, grant: made, authTime: start } as const
      assert.equal(await store.decideDevice(asked.userCodeHash, 'another', approval, start), 'gone')
      assert.equal(
        await store.decideDevice(asked.userCodeHash, 'another', { approved: false }, start),
        'gone',
      )
      assert.equal(await store.getGrant(made.id), undefined)
      assert.equal((await store.findDevice(asked.hash, start))?.status, 'pending')
      const late = await store.decideDevice(asked.userCodeHash, owner, approval, asked.expiresAt)
      assert.equal(late, 'gone')
      assert.equal(await store.claimDevice(asked.userCodeHash, owner, asked.expiresAt), undefined)
    },
    4,
  ),
  withWorld(
    'what was approved is there for the device until its code ends, days later as well',
    async ({ store }) => {
      const days = 24 * 60 * minute
      const asked = device({ expiresAt: start + 5 * days })
      await store.saveDevice(asked)
      await store.claimDevice(asked.userCodeHash, 'session', start)
      const made = grant()
      const approval = { approved: true, grant: made, authTime: start } as const
      assert.equal(await store.decideDevice(asked.userCodeHash, 'session', approval, start), 'decided')
      await store.purge(start + 4 * days, 1000)
      assert.equal((await store.getGrant(made.id))?.id, made.id)
      assert.equal((await store.findDevice(asked.hash, start + 4 * days))?.status, 'approved')
    },
  ),
  withWorld(
    'a device code is decided once, by its owner',
    async ({ callers, store }) => {
      const asked = device()
      await store.saveDevice(asked)
      await store.claimDevice(asked.userCodeHash, 'session', start)
      const grants = callers(12).map(() => grant())
      const answers = await Promise.all(
        callers(12).map((each, index) => {
          const made = grants[index] ?? grant()
          const audit = [{ at: start, type: 'device.decided' }]
          const decision = { approved: true, grant: made, authTime: start, sessionId: 's', audit } as const
          return each.decideDevice(asked.userCodeHash, 'session', decision, start)
        }),
      )
      assert.equal(count(answers, 'decided'), 1)
      const found = await store.findDevice(asked.hash, start)
      assert.equal(found?.grant?.id, grants[answers.indexOf('decided')]?.id)
      assert.deepEqual([found?.status, found?.authTime, found?.sessionId], ['approved', start, 's'])
      for (const [index, made] of grants.entries()) {
        assert.equal((await store.getGrant(made.id)) !== undefined, answers[index] === 'decided')
      }
      assert.equal((await store.listAudit({ type: 'device.decided', limit: 99 })).length, 1)
      assert.equal(await store.claimDevice(asked.userCodeHash, 'session', start), undefined)
    },
    4,
  ),
  withWorld('an approval for another client, or by somebody who is gone, is none', async ({ store }) => {
    await store.createClient(client('other'))
    const asked = device()
    await store.saveDevice(asked)
    await store.claimDevice(asked.userCodeHash, 'session', start)
    for (const made of [grant({ clientId: 'other' }), grant({ subject: 'nobody' })]) {
      const approval = { approved: true, grant: made, authTime: start } as const
      assert.equal(await store.decideDevice(asked.userCodeHash, 'session', approval, start), 'gone')
      assert.equal(await store.getGrant(made.id), undefined)
    }
    assert.equal((await store.findDevice(asked.hash, start))?.status, 'pending')
  }),
  withWorld('SECURITY 102: polls are told how things stand, and to slow down', async ({ store }) => {
    const asked = device()
    await store.saveDevice(asked)
    const poll = async (now: number) => {
      const { status, interval } = (await store.pollDevice(asked.hash, now)) ?? {}
      return [status, interval]
    }
    assert.deepEqual(await poll(start), ['pending', 5 * second])
    assert.deepEqual(await poll(start + 5 * second - pollTolerance), ['pending', 5 * second])
    assert.deepEqual(await poll(start + 6 * second), ['slow_down', 5 * second + slowDownStep])
    assert.deepEqual(await poll(start + 12 * second), ['slow_down', 5 * second + 2 * slowDownStep])
    assert.deepEqual(await poll(start + 27 * second), ['pending', 5 * second + 2 * slowDownStep])
    assert.deepEqual((await poll(asked.expiresAt))[0], 'expired')
    await store.claimDevice(asked.userCodeHash, 'session', start)
    await store.decideDevice(asked.userCodeHash, 'session', { approved: false }, start)
    assert.deepEqual((await poll(start + minute))[0], 'denied')
    assert.equal(await store.redeemDevice(asked.hash, start, issuedFor('nothing')), 'gone')
    assert.equal(await store.pollDevice('nothing', start), undefined)
  }),
  withWorld(
    'of many polls at once, one is in time',
    async ({ callers, store }) => {
      const asked = device()
      await store.saveDevice(asked)
      const polls = await Promise.all(callers(12).map((each) => each.pollDevice(asked.hash, start)))
      const statuses = polls.map((poll) => poll?.status)
      assert.equal(count(statuses, 'pending'), 1)
      assert.equal(count(statuses, 'slow_down'), 11)
      assert.equal((await store.findDevice(asked.hash, start))?.interval, 5 * second + 11 * slowDownStep)
    },
    4,
  ),
  withWorld(
    'SECURITY 106: of 20 redemptions of an approved code at once, one succeeds',
    async ({ callers, store }) => {
      for (let round = 0; round < 3; round += 1) {
        const [asked, made] = await approved(store)
        assert.equal((await store.pollDevice(asked.hash, start))?.status, 'approved')
        const issues = callers(20).map(() => issuedFor(made.id))
        const answers = await Promise.all(
          callers(20).map((each, index) => each.redeemDevice(asked.hash, start, issues[index] ?? {})),
        )
        assert.equal(count(answers, 'redeemed'), 1)
        assert.equal(count(answers, 'spent'), 19)
        for (const [index, issued] of issues.entries()) {
          if (answers[index] === 'redeemed') await assertWritten(store, made.id, issued)
          else assert.equal(await store.getFamily(issued.family.id), undefined)
        }
        const found = await store.findDevice(asked.hash, start)
        const winner = issues[answers.indexOf('redeemed')]
        assert.deepEqual([found?.status, found?.familyId], ['spent', winner?.family.id])
      }
    },
    4,
  ),
  withWorld(
    'an approved code is worth nothing once its grant is revoked, or its time is over',
    async ({ store }) => {
      const [late, lateGrant] = await approved(store)
      assert.equal(await store.redeemDevice(late.hash, late.expiresAt, issuedFor(lateGrant.id)), 'gone')
      const [asked, made] = await approved(store)
      await store.revokeGrant(made.id, revoking())
      assert.equal((await store.pollDevice(asked.hash, start))?.status, 'revoked')
      const issued = issuedFor(made.id)
      assert.equal(await store.redeemDevice(asked.hash, start, issued), 'gone')
      assert.equal(await store.getFamily(issued.family.id), undefined)
      const pending = device()
      await store.saveDevice(pending)
      assert.equal(await store.redeemDevice(pending.hash, start, issued), 'gone')
      assert.equal(await store.redeemDevice('nothing', start, issued), 'gone')
    },
  ),
]

async function approved(store: GrantStore): Promise<readonly [NewDeviceCode, NewGrant]> {
  const asked = device()
  const made = grant()
  const session = unique('session')
  await store.saveDevice(asked)
  await store.claimDevice(asked.userCodeHash, session, start)
  const decision = { approved: true, grant: made, authTime: start } as const
  assert.equal(await store.decideDevice(asked.userCodeHash, session, decision, start), 'decided')
  return [asked, made]
}
