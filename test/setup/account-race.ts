/** One of several processes that race for the same tables, then for the same usernames, then for the same hashes. */

import { openDatabase } from '../../src/store/open.ts'
import { sqlAccountStore } from '../../src/store/sql/accounts.ts'

const [, , url = '', name = ''] = process.argv
const rounds = 200

process.stdout.write('ready\n')
const word = await new Promise<string>((resolve) =>
  process.stdin.once('data', (chunk) => resolve(chunk.toString())),
)
process.stdin.destroy()

// Opening creates the tables: the first race.
const database = await openDatabase({ url, connections: 4 })
const store = await sqlAccountStore(database, Date.now())
if (word === 'go\n') {
  const created: number[] = []
  const replaced: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const account = {
      scopes: [],
      emailVerified: false,
      disabled: false,
      passwordHash: 'before',
      createdAt: new Date(),
    }
    const tries = [1, 2, 3, 4].map((turn) =>
      store.create({
        ...account,
        id: `${name}-${round}-${turn}`,
        username: name,
        usernameKey: `user ${round}`,
      }),
    )
    for (const isWin of await Promise.all(tries)) if (isWin) created.push(round)
  }
  for (let round = 0; round < rounds; round += 1) {
    const account = await store.find(`user ${round}`)
    if (account === undefined) throw new Error('The account is gone')
    const tries = [1, 2, 3, 4].map((turn) =>
      store.replacePasswordHash(account.id, 'before', `${name}-${round}-${turn}`),
    )
    for (const isWin of await Promise.all(tries)) if (isWin) replaced.push(round)
  }
  process.stdout.write(JSON.stringify({ created, replaced }))
}
await database.close()
