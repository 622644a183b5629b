/** The suite that every account store passes, races included. It needs no test runner. */

import assert from 'node:assert/strict'
import type { AccountStore, StoredAccount } from './store.ts'

export { accountTokenConformance } from './account-token-conformance.ts'
export type { AccountTokenConformanceCase, AccountTokenStores } from './account-token-conformance.ts'
export { grantStoreConformance } from './grant-conformance.ts'
export type { GrantConformanceCase } from './grant-conformance/world.ts'

/** One promise of the port, and how to see whether a store keeps it. */
export interface ConformanceCase {
  /** A sentence. */
  readonly name: string
  /**
   * Resolves when the store keeps the promise, and throws an `AssertionError` when it does not.
   *
   * @param open Opens the store under test: empty at first, and on the same data at every call. Where it can, each call
   * opens a connection of its own, as another process would have.
   */
  readonly run: (open: () => Promise<AccountStore>) => Promise<void>
}

/**
 * The promises of an {@link AccountStore}.
 *
 * @example
 *
 * ```ts
 * for (const { name, run } of accountStoreConformance) {
 *   test(name, async () => {
 *     const data = await anEmptyPlace()
 *     await run(() => myStore(data))
 *   })
 * }
 * ```
 */
export const accountStoreConformance: readonly ConformanceCase[] = [
  {
    name: 'what is created is found by its id and by its username key, field by field',
    run: (open) =>
      withStores(open, 2, async ([store, other]) => {
        const full = account('a', {
          name: 'Ada',
          email: 'ada@example.com',
          scopes: ['me', 'write:x'],
          disabled: true,
        })
        const bare = account('b')
        assert.equal(await store.create(full), true)
        assert.equal(await store.create(bare), true)
        assert.deepEqual(await other.get('id-a'), full)
        assert.deepEqual(await other.find('key-a'), full)
        assert.deepEqual(await other.get('id-b'), bare)
      }),
  },
  {
    name: 'what does not exist is undefined, and nothing changes',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a'))
        assert.equal(await store.get('id-x'), undefined)
        assert.equal(await store.find('key-x'), undefined)
        assert.equal(await store.update('id-x', { disabled: true }), undefined)
        assert.equal(await store.replacePasswordHash('id-x', 'hash-a', 'new'), false)
        assert.equal(await store.remove('id-x'), false)
        assert.deepEqual(await store.list({ limit: 10 }), [account('a')])
      }),
  },
  {
    name: 'text is kept as it is: quotes, statements, every script',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        for (const [index, text] of hostileTexts.entries()) {
          const hostile = account(String(index), {
            usernameKey: text,
            username: text,
            name: text,
            passwordHash: text,
          })
          assert.equal(await store.create(hostile), true)
          assert.deepEqual(await store.find(text), hostile)
        }
        assert.equal((await store.list({ limit: 100 })).length, hostileTexts.length)
      }),
  },
  {
    name: 'a username key is taken once, and an id is taken once',
    run: (open) =>
      withStores(open, 2, async ([store, other]) => {
        await store.create(account('a'))
        assert.equal(await other.create(account('b', { usernameKey: 'key-a' })), false)
        assert.equal(await other.create(account('c', { id: 'id-a' })), false)
        assert.deepEqual(await store.list({ limit: 10 }), [account('a')])
      }),
  },
  {
    name: 'a list can be of those with a text in their username, name or address; every character stands for itself',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a', { name: 'Ada B. Lovelace' }))
        await store.create(account('b', { email: 'Bea@example.com' }))
        await store.create(account('c', { name: '100%_\\' }))
        await store.create(account('d', { name: 'Émile' }))
        const found = async (search: string): Promise<readonly string[]> =>
          ids(await store.list({ search, limit: 10 }))
        assert.deepEqual(await found('LOVE'), ['id-a'])
        assert.deepEqual(await found('bea@EXAMPLE'), ['id-b'])
        assert.deepEqual(await found('Key-C'), ['id-c'])
        assert.deepEqual(await found('key-'), ['id-a', 'id-b', 'id-c', 'id-d'])
        assert.deepEqual(await found('Émi'), ['id-d'])
        assert.deepEqual(await found('%_\\'), ['id-c'])
        for (const text of ['a%e', '_ey', '%%', '\\\\', `' or 1=1 --`])
          assert.deepEqual(await found(text), [])
        assert.deepEqual(ids(await store.list({ search: 'key-', after: 'id-a', limit: 2 })), ['id-b', 'id-c'])
      }),
  },
  {
    name: 'a list is in the order of the ids and can be read page by page while accounts come and go',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        for (const letter of ['d', 'B', 'a', 'c', 'e']) await store.create(account(letter))
        const first = await store.list({ limit: 2 })
        assert.deepEqual(ids(first), ['id-B', 'id-a'])
        await store.remove('id-a')
        await store.create(account('A'))
        assert.deepEqual(ids(await store.list({ after: 'id-a', limit: 2 })), ['id-c', 'id-d'])
        assert.deepEqual(ids(await store.list({ after: 'id-d', limit: 2 })), ['id-e'])
        assert.deepEqual(await store.list({ after: 'id-e', limit: 2 }), [])
      }),
  },
  {
    name: 'an update changes what it names, removes what it names as undefined, and leaves the rest',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a', { name: 'Ada', email: 'ada@example.com' }))
        const changed = account('a', { email: 'ada@example.com', scopes: ['x'], disabled: true })
        assert.deepEqual(
          await store.update('id-a', { name: undefined, scopes: ['x'], disabled: true }),
          changed,
        )
        assert.deepEqual(await store.get('id-a'), changed)
        assert.deepEqual(await store.update('id-a', {}), changed)
      }),
  },
  {
    name: 'an update to a username in use is refused and changes nothing',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a'))
        await store.create(account('b'))
        const changes = { username: 'User A', usernameKey: 'key-a', disabled: true }
        assert.equal(await store.update('id-b', changes), 'taken')
        assert.deepEqual(await store.get('id-b'), account('b'))
      }),
  },
  {
    name: 'a hash is replaced only while the one before is there',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a'))
        assert.equal(await store.replacePasswordHash('id-a', 'other', 'new'), false)
        assert.equal((await store.get('id-a'))?.passwordHash, 'hash-a')
        assert.equal(await store.replacePasswordHash('id-a', 'hash-a', 'new'), true)
        assert.equal((await store.get('id-a'))?.passwordHash, 'new')
      }),
  },
  {
    name: 'accounts are found by their address in any case, the one that has verified it first',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        const email = 'Ada.Ünal@example.com'
        await store.create(account('a', { email }))
        await store.create(account('b', { email: email.toUpperCase(), emailVerified: true }))
        await store.create(account('c', { email: 'other@example.com' }))
        assert.deepEqual(ids(await store.findByEmail(email.toLowerCase())), ['id-b', 'id-a'])
        assert.deepEqual((await store.findByEmail(email))[0]?.email, email.toUpperCase())
        assert.deepEqual(await store.findByEmail('%@example.com'), [])
        await store.update('id-a', { email: undefined })
        assert.deepEqual(ids(await store.findByEmail(email)), ['id-b'])
      }),
  },
  {
    name: 'a verified address is one account’s, whichever of many comes first',
    run: (open) =>
      withStores(open, 4, async (stores) => {
        const verified = { email: 'ada@example.com', emailVerified: true }
        const tries = stores.flatMap((store, place) =>
          [0, 1, 2].map((turn) => store.create(account(`${place}-${turn}`, verified))),
        )
        assert.equal(wins(await Promise.all(tries)), 1)
        const [store] = stores
        for (const letter of ['x', 'y', 'z']) {
          assert.equal(await store.create(account(letter, { email: 'ADA@example.com' })), true)
        }
        assert.equal(await store.update('id-x', { emailVerified: true, disabled: true }), 'taken')
        assert.deepEqual(await store.get('id-x'), account('x', { email: 'ADA@example.com' }))
        const [owner] = await store.findByEmail(verified.email)
        assert.equal(await store.remove(owner?.id ?? ''), true)
        const updates = ['x', 'y', 'z'].map((letter, index) =>
          (stores[index] ?? store).update(`id-${letter}`, { emailVerified: true }),
        )
        const answers = await Promise.all(updates)
        assert.equal(answers.filter((answer) => answer === 'taken').length, 2)
      }),
  },
  {
    name: 'a removed account is gone, and its username is free',
    run: (open) =>
      withStores(open, 1, async ([store]) => {
        await store.create(account('a'))
        assert.equal(await store.remove('id-a'), true)
        assert.equal(await store.remove('id-a'), false)
        assert.equal(await store.find('key-a'), undefined)
        assert.equal(await store.create(account('b', { usernameKey: 'key-a' })), true)
      }),
  },
  {
    name: 'of many simultaneous creations of one username, exactly one succeeds',
    run: (open) =>
      withStores(open, 4, async (stores) => {
        for (let round = 0; round < 5; round += 1) {
          const usernameKey = `wanted-${round}`
          const tries = stores.flatMap((store, place) =>
            [0, 1, 2, 3, 4].map((turn) =>
              store.create(account(`${round}-${place}-${turn}`, { usernameKey })),
            ),
          )
          assert.equal(wins(await Promise.all(tries)), 1)
        }
        assert.equal((await stores[0].list({ limit: 100 })).length, 5)
      }),
  },
  {
    name: 'of many simultaneous replacements of one hash, exactly one succeeds, and its hash stays',
    run: (open) =>
      withStores(open, 4, async (stores) => {
        await stores[0].create(account('a'))
        for (let round = 0; round < 5; round += 1) {
          const from = (await stores[0].get('id-a'))?.passwordHash ?? ''
          const hashes = stores.flatMap((_, place) => [0, 1, 2, 3].map((turn) => `${round}-${place}-${turn}`))
          const tries = hashes.map((to, index) =>
            (stores[index % stores.length] ?? stores[0]).replacePasswordHash('id-a', from, to),
          )
          const results = await Promise.all(tries)
          assert.equal(wins(results), 1)
          assert.equal((await stores[0].get('id-a'))?.passwordHash, hashes[results.indexOf(true)])
        }
      }),
  },
  {
    name: 'of many simultaneous removals, exactly one succeeds',
    run: (open) =>
      withStores(open, 4, async (stores) => {
        await stores[0].create(account('a'))
        const tries = [...stores, ...stores, ...stores].map((store) => store.remove('id-a'))
        assert.equal(wins(await Promise.all(tries)), 1)
      }),
  },
]

const hostileTexts = [
  `Robert'); drop table gatewright_accounts;--`,
  `" or 1=1 --`,
  '%_\\',
  '$1 ? :name @name',
  'Ω≈ç√ 😀 \u{10FFFF}',
  'ا\u064E',
  '{"$gt":""}',
  '__proto__',
  'x'.repeat(5000),
]

function account(letter: string, fields: Partial<StoredAccount> = {}): StoredAccount {
  return {
    id: `id-${letter}`,
    username: `User ${letter}`,
    usernameKey: `key-${letter}`,
    emailVerified: false,
    scopes: [],
    disabled: false,
    passwordHash: `hash-${letter}`,
    createdAt: new Date(1_700_000_000_123),
    ...fields,
  }
}

type Stores = readonly [AccountStore, ...AccountStore[]] & { readonly 1: AccountStore }

async function withStores(
  open: () => Promise<AccountStore>,
  count: number,
  work: (stores: Stores) => Promise<void>,
): Promise<void> {
  // Opened at once, as several processes that start together would.
  const stores = await Promise.all(Array.from({ length: count }, open))
  try {
    // The cast: a case that asks for one store takes only the first.
    await work(stores as unknown as Stores)
  } finally {
    for (const store of stores) await store.close()
  }
}

function ids(accounts: readonly StoredAccount[]): readonly string[] {
  return accounts.map(({ id }) => id)
}

function wins(results: readonly boolean[]): number {
  return results.filter((isWin) => isWin).length
}
