/** What the suite asks of flows. */

import assert from 'node:assert/strict'
import { flowLimit } from '../grant-store.ts'
import type { NewFlow } from '../grant-store.ts'
import { code, count, day, grant, hostileTexts, minute, revoking, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

function flow(fields: Partial<NewFlow> = {}): NewFlow {
  return {
    hash: unique('flow'),
    browserHash: 'browser',
    data: { clientId: 'app' },
    createdAt: start,
    expiresAt: start + 10 * minute,
    ...fields,
  }
}

/** The cases. */
export const flowCases: readonly GrantConformanceCase[] = [
  withWorld('a flow is found in its own browser, until it expires', async ({ store }) => {
    const one = flow({ data: { texts: [...hostileTexts] } })
    await store.saveFlow(one)
    assert.deepEqual(await store.findFlow(one.hash, 'browser', start), one)
    assert.equal(await store.findFlow(one.hash, 'another', start), undefined)
    assert.equal(await store.findFlow(one.hash, 'browser', one.expiresAt), undefined)
    assert.equal(await store.consumeFlow(one.hash, 'another', start), false)
    assert.equal(await store.consumeFlow(one.hash, 'browser', one.expiresAt), false)
    assert.notEqual(await store.findFlow(one.hash, 'browser', start), undefined)
  }),
  withWorld('SECURITY 213: a browser keeps its latest flows, and no other loses one', async ({ store }) => {
    const others = flow({ browserHash: 'another' })
    await store.saveFlow(others)
    const all = Array.from({ length: flowLimit + 2 }, () => flow())
    for (const each of all) await store.saveFlow(each)
    const found = await Promise.all(all.map(({ hash }) => store.findFlow(hash, 'browser', start)))
    assert.deepEqual(
      found.map((each) => each !== undefined),
      all.map((_, index) => index >= 2),
    )
    assert.notEqual(await store.findFlow(others.hash, 'another', start), undefined)
  }),
  withWorld('a flow is changed in its own browser, until it expires', async ({ store }) => {
    const from = { texts: [...hostileTexts], 7: 'a', 3: { list: [1, null, 'ä'] } }
    const one = flow({ data: from })
    await store.saveFlow(one)
    const change = { from, to: { ...from, chosen: 'x' } }
    assert.equal(await store.changeFlow(one.hash, 'another', change, start), false)
    assert.equal(await store.changeFlow(one.hash, 'browser', change, one.expiresAt), false)
    assert.equal(await store.changeFlow(unique('none'), 'browser', change, start), false)
    assert.deepEqual(await store.findFlow(one.hash, 'browser', start), one)
    const found = await store.findFlow(one.hash, 'browser', start)
    const again = { ...change, from: found?.data ?? {} }
    assert.equal(await store.changeFlow(one.hash, 'browser', again, start), true)
    assert.deepEqual(await store.findFlow(one.hash, 'browser', start), { ...one, data: change.to })
  }),
  withWorld(
    'of many changes to one flow at once one is made',
    async ({ callers, store }) => {
      const one = flow()
      await store.saveFlow(one)
      const answers = await Promise.all(
        callers(20).map((each, index) =>
          each.changeFlow(one.hash, 'browser', { from: one.data, to: { index } }, start),
        ),
      )
      assert.equal(count(answers, true), 1)
      const index = answers.indexOf(true)
      assert.deepEqual((await store.findFlow(one.hash, 'browser', start))?.data, { index })
    },
    4,
  ),
  withWorld(
    'a flow is used up once, however many try',
    async ({ callers, store }) => {
      const one = flow()
      await store.saveFlow(one)
      const answers = await Promise.all(
        callers(20).map((each) => each.consumeFlow(one.hash, 'browser', start)),
      )
      assert.equal(count(answers, true), 1)
      assert.equal(await store.findFlow(one.hash, 'browser', start), undefined)
    },
    4,
  ),
  withWorld(
    'SECURITY 27: of many codes for one flow one is saved, and the rest leave nothing',
    async ({ callers, store }) => {
      const one = flow()
      await store.saveFlow(one)
      const made = callers(12).map((each) => ({ each, grant: grant() }))
      const context = { flow: { hash: one.hash, browserHash: 'browser' } }
      const answers = await Promise.all(
        made.map(({ each, grant: own }) => each.saveCode(code(own), own, context)),
      )
      assert.equal(count(answers, 'saved'), 1)
      const grants = await Promise.all(made.map(({ grant: { id } }) => store.getGrant(id)))
      assert.equal(grants.filter((each) => each !== undefined).length, 1)
    },
    4,
  ),
  withWorld('a code is not saved for the flow of another browser', async ({ store }) => {
    const one = flow()
    await store.saveFlow(one)
    const made = grant()
    const context = { flow: { hash: one.hash, browserHash: 'another' } }
    assert.equal(await store.saveCode(code(made), made, context), 'gone')
    assert.equal(await store.getGrant(made.id), undefined)
    assert.notEqual(await store.findFlow(one.hash, 'browser', start), undefined)
  }),
  withWorld(
    'SECURITY 206: what was shown in a flow is known there, in its own browser, alone',
    async (world) => {
      const { store, place } = world
      const [one, two] = [flow(), flow()]
      await store.saveFlow(one)
      await store.saveFlow(two)
      await place.addSubject('bob')
      const proof = { subject: 'alice', methods: ['pwd'], at: start }
      assert.equal(await store.proveFlow(one.hash, 'another', proof, start), false)
      assert.equal(await store.proveFlow(one.hash, 'browser', proof, one.expiresAt), false)
      assert.equal(await store.proveFlow(one.hash, 'browser', { ...proof, subject: 'nobody' }, start), false)
      assert.deepEqual(await store.findFlow(one.hash, 'browser', start), one)
      assert.equal(await store.proveFlow(one.hash, 'browser', { ...proof, subject: 'bob' }, start), true)
      assert.equal(await store.proveFlow(one.hash, 'browser', proof, start), true)
      assert.deepEqual(await store.findFlow(one.hash, 'browser', start), { ...one, proof })
      assert.deepEqual(await store.findFlow(two.hash, 'browser', start), two)
    },
  ),
  withWorld('a new password or a disabled account ends what was shown in flows', async ({ store, place }) => {
    const one = flow()
    await store.saveFlow(one)
    const proof = { subject: 'alice', methods: ['pwd'], at: start }
    await store.proveFlow(one.hash, 'browser', proof, start)
    await store.revokeSubject('alice', revoking())
    assert.deepEqual(await store.findFlow(one.hash, 'browser', start), one)
    await place.disableSubject('alice', true)
    assert.equal(await store.proveFlow(one.hash, 'browser', proof, start), false)
  }),
  withWorld('a grant is remembered for as long as it is told, and not for ever', async ({ store }) => {
    const made = grant()
    const until = start + 30 * day
    await store.saveCode(code(made), made, { keepGrantUntil: until })
    const page = { subject: made.subject, clientId: made.clientId, limit: 5 }
    assert.equal((await store.listGrants({ ...page, now: until - 1 })).length, 1)
    // A day later at most: tokens may still name it.
    assert.equal((await store.listGrants({ ...page, now: until + day })).length, 0)
  }),
]
