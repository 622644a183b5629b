/** Logins elsewhere that have begun, in SQL. */

import { loginAttemptLimit } from '../ports/identities.ts'
import type { LoginAttempt, LoginAttemptStore } from '../ports/identities.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'

/** The attempts of a database. */
export function loginAttempts(session: Session): LoginAttemptStore {
  return {
    async saveLoginAttempt(attempt) {
      await session.transact(async (runner) => {
        await runner.changes(insert, { ...attempt })
        await runner.changes(dropOldest, { browserHash: attempt.browserHash })
      })
    },
    async consumeLoginAttempt(hash, { browserHash, provider, now }) {
      return (await session.row(consume, { hash, browserHash, provider, now }))?.data
    },
  }
}

const insert = statement<LoginAttempt & Record<never, never>>`
  insert into gatewright_login_attempts (hash, browser_hash, provider, data, created_at, expires_at)
  values (${'hash'}, ${'browserHash'}, ${'provider'}, ${'data'}, ${'createdAt'}, ${'expiresAt'})`

const dropOldest = statement<{ browserHash: string }>`
  delete from gatewright_login_attempts where number in (select number from gatewright_login_attempts
    where browser_hash = ${'browserHash'} order by number desc limit 1000 offset ${() => String(loginAttemptLimit)})`

const consume = statement<
  { hash: string; browserHash: string; provider: string; now: number },
  { data: string }
>`
  delete from gatewright_login_attempts where hash = ${'hash'} and browser_hash = ${'browserHash'}
    and provider = ${'provider'} and expires_at > ${'now'} returning data`
