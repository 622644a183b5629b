/** What a client is told when the database does not answer: that it may try again, and that nothing was done. */

import { temporarilyUnavailable } from '../../protocol/oauth-error.ts'
import { DatabaseError } from '../../store/database-error.ts'

/**
 * Does something with the database.
 *
 * @throws {OAuthError} 503 with `Retry-After` for what may work in a moment (RFC 7009 §2.2.1); everything else as it is.
 */
export async function unlessUnavailable<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DatabaseError) || !error.isTransient) throw error
    const headers = { 'retry-after': '1' }
    throw temporarilyUnavailable('The server cannot answer just now, try again', { headers, cause: error })
  }
}
