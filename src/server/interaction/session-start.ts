/** The login session of whoever sits before a browser: started, and its cookie sent along. */

import type { Service } from '../service.ts'
import type { SessionBegin } from '../sessions.ts'
import type { Visit } from './visit.ts'

/**
 * Starts a session in place of the one that the browser had until now.
 *
 * @returns Whether there is one: not when the account, or the proof, is not there any more.
 */
export async function startSession(
  { sessions }: Pick<Service, 'sessions'>,
  visit: Visit,
  begin: Pick<SessionBegin, 'subject' | 'methods' | 'proof'>,
): Promise<boolean> {
  const cookie = await sessions.start({
    ...begin,
    replaces: visit.session,
    address: visit.address,
    userAgent: visit.request.headers.get('user-agent') ?? undefined,
  })
  if (cookie === undefined) return false
  visit.keepSession(cookie)
  return true
}
