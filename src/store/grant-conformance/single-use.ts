/** What the suite asks of things that may be seen once: ids of assertions and proofs, pushed requests. */

import assert from 'node:assert/strict'
import { client, count, hostileTexts, minute, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const singleUseCases: readonly GrantConformanceCase[] = [
  withWorld(
    'SECURITY 89: of 50 uses of one id at once, one is the first',
    async ({ callers }) => {
      for (let round = 0; round < 5; round += 1) {
        const jti = unique('jti')
        const answers = await Promise.all(
          callers(50).map((each) => each.useOnce('client_assertion', jti, start + minute, start)),
        )
        assert.equal(count(answers, true), 1)
      }
    },
    4,
  ),
  withWorld('an id is free for another kind, and again when it has expired', async ({ store }) => {
    assert.equal(await store.useOnce('dpop', 'a', start + 10, start), true)
    assert.equal(await store.useOnce('client_assertion', 'a', start + 10, start), true)
    assert.equal(await store.useOnce('dpop', 'a', start + 10, start + 9), false)
    assert.equal(await store.useOnce('dpop', 'a', start + 20, start + 10), true)
    assert.equal(await store.useOnce('dpop', 'a', start + 20, start + 19), false)
    for (const text of hostileTexts) {
      assert.equal(await store.useOnce(text, text, start + 10, start), true)
      assert.equal(await store.useOnce(text, text, start + 10, start), false)
    }
  }),
  withWorld(
    "SECURITY 96: a pushed request is its client's, lives for its time, and is used up once",
    async ({ callers, store }) => {
      const request = {
        hash: unique('par'),
        clientId: 'app',
        parameters: { scope: 'me', nested: { list: [1, 'ü'] } },
        createdAt: start,
        expiresAt: start + minute,
      }
      assert.equal(await store.savePushedRequest(request), 'saved')
      assert.deepEqual(await store.findPushedRequest(request.hash, start), { ...request, status: 'live' })
      assert.equal((await store.findPushedRequest(request.hash, start + minute))?.status, 'expired')
      assert.equal(await store.consumePushedRequest(request.hash, 'other', start), false)
      assert.equal(await store.consumePushedRequest(request.hash, 'app', start + minute), false)
      const answers = await Promise.all(
        callers(20).map((each) => each.consumePushedRequest(request.hash, 'app', start)),
      )
      assert.equal(count(answers, true), 1)
      assert.equal((await store.findPushedRequest(request.hash, start))?.status, 'spent')
      assert.equal(await store.findPushedRequest('nothing', start), undefined)
      await store.createClient(client('off', { disabled: true }))
      for (const clientId of ['off', 'nobody']) {
        const refused = { ...request, hash: unique('par'), clientId }
        assert.equal(await store.savePushedRequest(refused), 'gone')
        assert.equal(await store.findPushedRequest(refused.hash, start), undefined)
      }
    },
    4,
  ),
]
