/** The SQL store of account tokens keeps the promises of its port, on both databases. */

import { describe, test } from 'vitest'
import { dialects, freshDatabase } from '../../test/setup/database.ts'
import { accountTokenConformance } from './account-token-conformance.ts'
import { openDatabase } from './open.ts'
import { sqlAccountTokenStore } from './sql/account-tokens.ts'
import { sqlAccountStore } from './sql/accounts.ts'
import { sqlGrantStore } from './sql/grant-store.ts'

describe.each(dialects)('%s', (dialect) => {
  test.each(accountTokenConformance.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
    const url = await freshDatabase(dialect)
    await run(async () => {
      const database = await openDatabase({ url, connections: 3 })
      return {
        accounts: await sqlAccountStore(database, 1),
        tokens: await sqlAccountTokenStore(database, 1),
        grants: await sqlGrantStore(database, 1),
        close: () => database.close(),
      }
    })
  })
})
