/** What the suite asks of clients. */

import assert from 'node:assert/strict'
import type { ClientRecord } from '../grant-store.ts'
import {
  accessToken,
  client,
  code,
  count,
  device,
  grant,
  hostileTexts,
  login,
  minute,
  revoking,
  start,
  unique,
  withWorld,
} from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const clientCases: readonly GrantConformanceCase[] = [
  withWorld(
    'a client is found as it was made, with version 1',
    async ({ store, others: [other] }) => {
      const full = client('full', {
        source: 'registered',
        metadata: { redirect_uris: ['https://web.test/cb'], nested: { 'ü"\\': [1, null, true] } },
        secrets: [{ hash: 'one' }, { hash: 'two', expiresAt: start + 1 }],
        registrationTokenHash: 'registration',
        disabled: true,
      })
      assert.equal(await store.createClient(full), true)
      assert.deepEqual(await other?.getClient('full'), { ...full, version: 1 })
      assert.deepEqual(await other?.getClient('app'), { ...client('app'), version: 1 })
      assert.equal(await store.getClient('nobody'), undefined)
    },
    2,
  ),
  withWorld(
    'SECURITY 268: of many clients with one id, one is added',
    async ({ callers, store }) => {
      const tries = callers(20).map((each, index) =>
        each.createClient(client('same', { metadata: { index } })),
      )
      const answers = await Promise.all(tries)
      assert.equal(count(answers, true), 1)
      assert.deepEqual((await store.getClient('same'))?.metadata, { index: answers.indexOf(true) })
    },
    4,
  ),
  withWorld(
    'of many replacements of one version, one is written and the others are told',
    async ({ callers, store }) => {
      const { id: _, createdAt: __, ...record } = client('app')
      const records = callers(12).map((__, index): ClientRecord => ({ ...record, metadata: { index } }))
      const answers = await Promise.all(
        callers(12).map((each, index) => each.replaceClient('app', 1, records[index] ?? record)),
      )
      assert.equal(count(answers, 'replaced'), 1)
      assert.equal(count(answers, 'stale'), 11)
      const found = await store.getClient('app')
      assert.equal(found?.version, 2)
      assert.deepEqual(found.metadata, { index: answers.indexOf('replaced') })
      assert.equal(await store.replaceClient('nobody', 1, record), 'gone')
    },
    4,
  ),
  withWorld('clients are listed page by page, and by their source', async ({ store }) => {
    for (const id of ['d', 'B', 'c']) await store.createClient(client(id, { source: 'registered' }))
    const ids = async (page: Parameters<typeof store.listClients>[0]) =>
      (await store.listClients(page)).map(({ id }) => id)
    assert.deepEqual(await ids({ limit: 2 }), ['B', 'app'])
    assert.deepEqual(await ids({ after: 'app', limit: 9 }), ['c', 'd'])
    assert.deepEqual(await ids({ source: 'registered', limit: 9 }), ['B', 'c', 'd'])
  }),
  withWorld('SECURITY 269: text is kept as it is', async ({ store }) => {
    for (const text of hostileTexts) {
      const hostile = client(text, { metadata: { [text]: text }, secrets: [{ hash: text }] })
      assert.equal(await store.createClient(hostile), true)
      assert.deepEqual(await store.getClient(text), { ...hostile, version: 1 })
      assert.equal(
        (await store.listClients({ after: text, limit: 100 })).some(({ id }) => id === text),
        false,
      )
    }
  }),
  withWorld('the use of a client is noted to the minute, and leaves its version', async ({ store }) => {
    await store.touchClient('app', start)
    await store.touchClient('app', start + minute)
    assert.equal((await store.getClient('app'))?.lastUsedAt, start)
    await store.touchClient('app', start + minute + 1)
    const found = await store.getClient('app')
    assert.deepEqual([found?.lastUsedAt, found?.version], [start + minute + 1, 1])
  }),
  withWorld(
    'SECURITY 63, 75, 271: what a client has dies with it, and a new one of its name has none of it',
    async ({ store }) => {
      const session = await login(store)
      const waiting = code(session.grant)
      await store.saveCode(waiting, session.grant)
      const own = accessToken({ subject: 'app' })
      assert.equal(await store.issue({ clientId: 'app', now: start, accessTokens: [own] }), 'issued')
      const asked = device()
      assert.equal(await store.saveDevice(asked), 'saved')
      const pushed = {
        hash: unique('par'),
        clientId: 'app',
        parameters: {},
        createdAt: start,
        expiresAt: start + minute,
      }
      assert.equal(await store.savePushedRequest(pushed), 'saved')
      const event = { at: start, type: 'client.removed', clientId: 'app' }

      assert.equal(await store.removeClient('app', { ...revoking(), audit: [event] }), true)
      assert.equal(await store.removeClient('app', { ...revoking(), audit: [event] }), false)

      assert.equal(await store.createClient(client('app')), true)
      assert.equal(await store.findCode(waiting.hash, start), undefined)
      assert.equal(await store.redeemCode(waiting.hash, start, {}), 'gone')
      assert.equal(await store.findRefresh(session.refresh, start), undefined)
      assert.equal(await store.findAccessToken(session.access, start), undefined)
      assert.equal(await store.findAccessToken(own.hash, start), undefined)
      assert.equal(await store.findDevice(asked.hash, start), undefined)
      assert.equal(await store.findPushedRequest(pushed.hash, start), undefined)
      assert.equal(await store.getGrant(session.grant.id), undefined)
      assert.equal(await store.isRevoked({ clientId: 'app', issuedAt: start }), true)
      assert.equal(await store.isRevoked({ clientId: 'app', issuedAt: start + 1 }), false)
      assert.equal((await store.revocationsAfter(0, 9)).length, 1)
      assert.equal((await store.listAudit({ type: 'client.removed', limit: 9 })).length, 1)
    },
  ),
  withWorld(
    'SECURITY 63: a client that is removed while codes are made for it leaves nothing alive behind',
    async ({ callers, store }) => {
      for (let round = 0; round < 5; round += 1) {
        const id = unique('client')
        await store.createClient(client(id))
        const grants = callers(8).map(() => grant({ clientId: id }))
        const saving = callers(8).map(async (each, index) => {
          const of = grants[index] ?? grant()
          const made = code(of)
          await each.saveCode(made, of)
          return made.hash
        })
        const [removed, ...hashes] = await Promise.all([store.removeClient(id, revoking()), ...saving])
        assert.equal(removed, true)
        for (const hash of hashes) assert.equal(await store.findCode(hash, start), undefined)
        for (const of of grants) assert.equal(await store.getGrant(of.id), undefined)
      }
    },
    4,
  ),
]
