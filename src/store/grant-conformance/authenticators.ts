/** What the suite asks of authenticators. */

import assert from 'node:assert/strict'
import { authenticatorLimit } from '../grant-store.ts'
import type { NewAuthenticator } from '../grant-store.ts'
import { code, count, day, grant, hostileTexts, minute, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

function authenticator(fields: Partial<NewAuthenticator> = {}): NewAuthenticator {
  return {
    id: unique('authenticator'),
    subject: 'alice',
    kind: 'totp',
    name: 'Phone',
    data: 'sealed',
    counter: 7,
    createdAt: start,
    ...fields,
  }
}

function passkey(fields: Partial<NewAuthenticator> = {}): NewAuthenticator {
  return authenticator({ kind: 'passkey', lookup: unique('credential'), counter: 0, ...fields })
}

function recoveryCode(fields: Partial<NewAuthenticator> = {}): NewAuthenticator {
  return authenticator({ kind: 'recovery', lookup: unique('recovery'), counter: 0, name: '', ...fields })
}

/** The cases. */
export const authenticatorCases: readonly GrantConformanceCase[] = [
  withWorld('authenticators are listed, found, renamed and removed, by their owner alone', async (world) => {
    const { store, place } = world
    await place.addSubject('bob')
    const one = authenticator({ name: hostileTexts.join(' '), data: hostileTexts.join(' ') })
    const two = passkey({ createdAt: start + 1 })
    const event = { at: start, type: 'factor.added' }
    assert.equal(await store.addAuthenticator(one, [event]), 'added')
    assert.equal(await store.addAuthenticator(two), 'added')
    assert.deepEqual(await store.listAuthenticators('alice'), [one, two])
    assert.deepEqual(await store.listAuthenticators('bob'), [])
    assert.deepEqual(await store.findAuthenticator(two.lookup ?? ''), two)
    assert.equal(await store.renameAuthenticator(one.id, 'bob', 'Mine'), false)
    assert.equal(await store.removeAuthenticator(one.id, 'bob', { audit: [event] }), 'gone')
    assert.equal(await store.renameAuthenticator(one.id, 'alice', 'Watch'), true)
    assert.equal((await store.listAuthenticators('alice'))[0]?.name, 'Watch')
    assert.equal(await store.removeAuthenticator(one.id, 'alice'), 'removed')
    assert.equal(await store.removeAuthenticator(one.id, 'alice', { audit: [event] }), 'gone')
    assert.deepEqual(await store.listAuthenticators('alice'), [two])
    assert.equal((await store.listAudit({ type: 'factor.added', limit: 9 })).length, 1)
  }),
  withWorld(
    'a passkey is that of one account, whoever registers it at the same time',
    async ({ place, callers, store }) => {
      await place.addSubject('bob')
      const one = passkey()
      const answers = await Promise.all(
        callers(12).map((each, index) =>
          each.addAuthenticator({ ...one, id: unique('a'), subject: index % 2 === 0 ? 'alice' : 'bob' }),
        ),
      )
      assert.equal(count(answers, 'added'), 1)
      assert.equal(count(answers, 'taken'), 11)
      const all = [...(await store.listAuthenticators('alice')), ...(await store.listAuthenticators('bob'))]
      assert.equal(all.length, 1)
    },
    4,
  ),
  withWorld(
    'an account has so many authenticators, and recovery codes are not counted',
    async ({ store }) => {
      await store.replaceRecoveryCodes('alice', [recoveryCode(), recoveryCode()])
      for (let index = 0; index < authenticatorLimit; index += 1) {
        assert.equal(await store.addAuthenticator(authenticator()), 'added')
      }
      assert.equal(await store.addAuthenticator(authenticator()), 'full')
      assert.equal((await store.listAuthenticators('alice')).length, authenticatorLimit + 2)
    },
  ),
  withWorld(
    'SECURITY 232: a counter is reached once, however many come with the same number, and never falls',
    async ({ callers, store }) => {
      const one = authenticator({ counter: 7 })
      await store.addAuthenticator(one)
      const advance = (counter: number) =>
        Promise.all(callers(20).map((each) => each.advanceAuthenticator(one.id, counter, start + minute)))
      assert.equal(count(await advance(7), true), 0)
      assert.equal(count(await advance(8), true), 1)
      assert.equal(count(await advance(8), true), 0)
      assert.equal(count(await advance(6), true), 0)
      assert.deepEqual(await store.listAuthenticators('alice'), [
        { ...one, counter: 8, lastUsedAt: start + minute },
      ])
    },
    4,
  ),
  withWorld('a passkey that does not count is good again, and one that counts is not', async ({ store }) => {
    const plain = passkey()
    const counting = passkey({ counter: 3 })
    const app = authenticator({ counter: 0 })
    for (const each of [plain, counting, app]) await store.addAuthenticator(each)
    assert.equal(await store.advanceAuthenticator(plain.id, 0, start), true)
    assert.equal(await store.advanceAuthenticator(plain.id, 0, start), true)
    assert.equal(await store.advanceAuthenticator(counting.id, 0, start), false)
    assert.equal(await store.advanceAuthenticator(counting.id, 4, start), true)
    assert.equal(await store.advanceAuthenticator(app.id, 0, start), false)
  }),
  withWorld(
    'a recovery code is used once, by its owner, however many try',
    async ({ place, callers, store }) => {
      await place.addSubject('bob')
      const [one, two] = [recoveryCode(), recoveryCode()]
      assert.equal(await store.replaceRecoveryCodes('alice', [one, two]), 'replaced')
      const event = { at: start, type: 'recovery_code.used' }
      assert.equal(await store.useRecoveryCode(one.lookup ?? '', 'bob', [event]), false)
      const answers = await Promise.all(
        callers(20).map((each) => each.useRecoveryCode(one.lookup ?? '', 'alice', [event])),
      )
      assert.equal(count(answers, true), 1)
      assert.deepEqual(await store.listAuthenticators('alice'), [two])
      assert.equal((await store.listAudit({ type: 'recovery_code.used', limit: 9 })).length, 1)
      const key = passkey()
      await store.addAuthenticator(key)
      assert.equal(await store.useRecoveryCode(key.lookup ?? '', 'alice'), false)
    },
    4,
  ),
  withWorld('new recovery codes take the place of the old ones, and of nothing else', async ({ store }) => {
    const app = authenticator()
    const old = recoveryCode({ createdAt: start + 1 })
    const fresh = recoveryCode({ createdAt: start + 2 })
    await store.addAuthenticator(app)
    await store.replaceRecoveryCodes('alice', [old])
    await store.replaceRecoveryCodes('alice', [fresh])
    assert.deepEqual(await store.listAuthenticators('alice'), [app, fresh])
    assert.equal(await store.useRecoveryCode(old.lookup ?? '', 'alice'), false)
    assert.equal(await store.replaceRecoveryCodes('nobody', [recoveryCode({ subject: 'nobody' })]), 'gone')
    assert.deepEqual(await store.listAuthenticators('alice'), [app, fresh])
  }),
  withWorld(
    'all authenticators of an account go at once, with its sessions and grants, and no others',
    async ({ place, store }) => {
      await place.addSubject('bob')
      for (const each of [authenticator(), passkey()]) await store.addAuthenticator(each)
      await store.replaceRecoveryCodes('alice', [recoveryCode()])
      const other = authenticator({ subject: 'bob' })
      await store.addAuthenticator(other)
      const of = grant()
      const one = code(of)
      await store.saveCode(one, of)
      const revoking = {
        now: start + minute,
        until: start + day,
        audit: [{ at: start, type: 'account.factors_reset' }],
      }
      assert.equal(await store.removeAuthenticators('alice', revoking), true)
      assert.deepEqual(await store.listAuthenticators('alice'), [])
      assert.deepEqual(await store.listAuthenticators('bob'), [other])
      assert.deepEqual(await store.listGrants({ subject: 'alice', limit: 9, now: start + minute }), [])
      assert.equal(await store.isRevoked({ subject: 'alice', issuedAt: start }), true)
      assert.equal(await store.isRevoked({ subject: 'bob', issuedAt: start }), false)
      assert.equal((await store.listAudit({ type: 'account.factors_reset', limit: 9 })).length, 1)
      // Those of somebody who may not log in just now go as well.
      await store.addAuthenticator(authenticator())
      await place.disableSubject('alice', true)
      await store.removeAuthenticators('alice', { ...revoking, now: start + 2 * minute })
      await place.disableSubject('alice', false)
      assert.deepEqual(await store.listAuthenticators('alice'), [])
    },
  ),
  withWorld('authenticators sleep and go with their account', async ({ place, store }) => {
    const [app, key, code] = [authenticator(), passkey({ createdAt: start + 1 }), recoveryCode()]
    for (const each of [app, key]) await store.addAuthenticator(each)
    await store.replaceRecoveryCodes('alice', [code])
    await place.disableSubject('alice', true)
    assert.deepEqual(await store.listAuthenticators('alice'), [])
    assert.equal(await store.findAuthenticator(key.lookup ?? ''), undefined)
    assert.equal(await store.useRecoveryCode(code.lookup ?? '', 'alice'), false)
    assert.equal(await store.addAuthenticator(authenticator()), 'gone')
    assert.equal(await store.replaceRecoveryCodes('alice', [recoveryCode()]), 'gone')
    await place.disableSubject('alice', false)
    assert.equal((await store.listAuthenticators('alice')).length, 3)
    await place.removeSubject('alice')
    assert.deepEqual(await store.listAuthenticators('alice'), [])
    assert.equal(await store.findAuthenticator(key.lookup ?? ''), undefined)
  }),
]
