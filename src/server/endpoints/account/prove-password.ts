/** Whoever changes how an account is opened shows that they know the password: a browser left open is not its owner. */

import { HttpError } from '../../../http/http-error.ts'
import { OAuthError } from '../../../protocol/oauth-error.ts'
import type { ProofProblem } from '../../interaction/account-pages.ts'
import { logIn } from '../../login.ts'
import type { AccountRequest } from './account-page.ts'

/** Why it is not proved, and how the page says so. */
export interface NoProof {
  readonly status: number
  readonly error: ProofProblem
  readonly retryAfter?: number
}

/**
 * Checks the current password. Of an account without one the recent login is the proof, which every page that asks for
 * this one needs as well.
 *
 * A wrong one counts as one at the login page does, for the same account and address.
 */
export async function provePassword(
  { open, visit, account }: AccountRequest,
  password: string | undefined,
): Promise<NoProof | undefined> {
  if (!(await open.identities.hasPassword(account.id))) return undefined
  if (password === undefined) return { status: 403, error: 'current' }
  const { address } = visit
  try {
    const origin = address === undefined ? {} : { address }
    const { subject } = await logIn(open, { username: account.username, password }, { origin })
    return subject === account.id ? undefined : { status: 403, error: 'current' }
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant')
      return { status: 403, error: 'current' }
    if (error instanceof HttpError && error.status === 429) {
      return { status: 429, error: 'too_many', retryAfter: Number(error.headers['retry-after']) }
    }
    if (error instanceof HttpError && error.status === 503) return { status: 503, error: 'busy' }
    throw error
  }
}

/** The header that goes with a page that says when to try again. */
export function retryHeaders(retryAfter: number | undefined): Readonly<Record<string, string>> {
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
}
