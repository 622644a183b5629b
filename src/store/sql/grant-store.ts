/** The store of the authorization server in SQL, the same for SQLite and PostgreSQL. */

import type { AnyDatabase } from '../database.ts'
import type { GrantStore } from '../grant-store.ts'
import { accessTokenStore } from './access-tokens.ts'
import { auditStore } from './audit.ts'
import { authenticatorStore } from './authenticators.ts'
import { clientStore } from './clients.ts'
import { codeStore } from './codes.ts'
import { deviceCodeStore } from './device-codes.ts'
import { flowStore } from './flows.ts'
import { grantsStore } from './grants.ts'
import { migrate } from './migrations.ts'
import { purgeOf } from './purge.ts'
import { pushedRequestStore } from './pushed-requests.ts'
import { rateLimitStore } from './rate-limits.ts'
import { refreshTokenStore } from './refresh-tokens.ts'
import { revocationStore } from './revocations.ts'
import { sessionOf } from './session.ts'
import { sessionStore } from './sessions.ts'
import { signingKeyStore } from './signing-keys.ts'
import { singleUseStore } from './single-use.ts'
import { subjectsOf } from './subjects.ts'
import type { SubjectSource } from './subjects.ts'

/** What the store is told about its surroundings. */
export interface SqlGrantStoreOptions {
  /**
   * Where the subjects of grants are looked up; `accounts` unless told, the accounts in the same database: codes and
   * refresh tokens of an account that is disabled or gone are refused in the very statement that would consume them. For
   * accounts that are kept elsewhere, a function that answers whether a subject is alive.
   */
  readonly subjects?: SubjectSource
}

/**
 * Opens the state of an authorization server in a database, creating the tables where they are missing.
 *
 * @param database Stays open when the store is closed: who opened it closes it.
 * @param now Milliseconds since 1970, for the record of what was created.
 * @throws DatabaseError when the tables cannot be made.
 */
export async function sqlGrantStore(
  database: AnyDatabase,
  now: number,
  { subjects: source = 'accounts' }: SqlGrantStoreOptions = {},
): Promise<GrantStore> {
  await migrate(database, now)
  const session = sessionOf(database, source === 'accounts')
  const subjects = subjectsOf(source)
  return {
    ...clientStore(session),
    ...grantsStore(session, subjects),
    ...codeStore(session, subjects),
    ...refreshTokenStore(session, subjects),
    ...accessTokenStore(session, subjects),
    ...revocationStore(session, database.listen),
    ...singleUseStore(session),
    ...deviceCodeStore(session, subjects),
    ...pushedRequestStore(session),
    ...signingKeyStore(session),
    ...rateLimitStore(session),
    ...auditStore(session),
    ...sessionStore(session, subjects),
    ...flowStore(session, subjects),
    ...authenticatorStore(session, subjects),
    purge: purgeOf(session),
    async close() {},
  }
}

export type { SubjectSource } from './subjects.ts'
