/** What the suite asks of signing keys. */

import assert from 'node:assert/strict'
import type { NewSigningKey } from '../grant-store.ts'
import { count, day, minute, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const signingKeyCases: readonly GrantConformanceCase[] = [
  withWorld('a key follows another, which signs until then and verifies for longer', async ({ store }) => {
    const first = key()
    const second = key({ publishedAt: start + day, signsFrom: start + day + minute })
    assert.equal(await store.rotateKeys({ key: first }), true)
    assert.deepEqual(await store.listKeys(start), [first])
    const removedAt = second.signsFrom + 10 * minute
    const rotation = { key: second, after: first.id, predecessorRemovedAt: removedAt }
    assert.equal(await store.rotateKeys(rotation), true)
    const retired = { ...first, retiredAt: second.signsFrom, removedAt }
    const next = { ...second, predecessor: first.id }
    assert.deepEqual(await store.listKeys(removedAt - 1), [retired, next])
    assert.deepEqual(await store.listKeys(removedAt), [next])
    assert.equal(await store.rotateKeys({ key: key(), after: 'nothing' }), false)
    assert.equal((await store.listKeys(start)).length, 2)
  }),
  withWorld(
    'SECURITY 137: of many nodes that rotate at once, one adds a key; the first key too',
    async ({ callers, store }) => {
      let after: string | undefined
      for (let round = 0; round < 5; round += 1) {
        const keys = callers(12).map(() => key({ signsFrom: start + round }))
        const answers = await Promise.all(
          callers(12).map((each, index) =>
            each.rotateKeys({ key: keys[index] ?? key(), ...(after !== undefined && { after }) }),
          ),
        )
        assert.equal(count(answers, true), 1)
        after = keys[answers.indexOf(true)]?.id
        const listed = await store.listKeys(start)
        assert.equal(listed.length, round + 1)
        assert.equal(listed.at(-1)?.id, after)
        assert.equal(listed.filter(({ retiredAt }) => retiredAt === undefined).length, 1)
      }
      assert.equal(await store.rotateKeys({ key: key({ algorithm: 'RS256' }) }), true)
    },
    4,
  ),
  withWorld('a key that is taken out of use leaves its place to another', async ({ store }) => {
    const [first, leaked, third] = [key(), key(), key({ signsFrom: start + 1 })]
    await store.rotateKeys({ key: first })
    await store.rotateKeys({ key: leaked, after: first.id })
    assert.equal(await store.removeKey(leaked.id, start), true)
    assert.equal(await store.removeKey(leaked.id, start), false)
    assert.deepEqual(
      (await store.listKeys(start)).map(({ id }) => id),
      [first.id],
    )
    assert.equal(await store.rotateKeys({ key: third, after: first.id }), true)
    await store.removeKey(first.id, start)
    await store.removeKey(third.id, start)
    assert.deepEqual(await store.listKeys(start), [])
    assert.equal(await store.rotateKeys({ key: key() }), true)
  }),
  withWorld(
    'the encryption of a private key is replaced only while it is what was read',
    async ({ store }) => {
      const only = key()
      await store.rotateKeys({ key: only })
      assert.equal(await store.replacePrivateKey(only.id, 'other', 'new'), false)
      assert.equal(await store.replacePrivateKey(only.id, only.privateKey, 'new'), true)
      assert.deepEqual(await store.listKeys(start), [{ ...only, privateKey: 'new' }])
    },
  ),
]

function key(fields: Partial<NewSigningKey> = {}): NewSigningKey {
  return {
    id: unique('kid'),
    algorithm: 'ES256',
    publicKey: '{"kty":"EC"}',
    privateKey: 'encrypted',
    publishedAt: start,
    signsFrom: start,
    ...fields,
  }
}
