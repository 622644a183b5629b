/** Pages for somebody who is logged in: everybody else logs in first, and comes back. */

import type { StoredSession } from '../../store/grant-store.ts'
import type { PageRequest } from './page-request.ts'

/** How a page is guarded. */
export interface SignedInOptions {
  /** The login may not be older than so many seconds: for what changes an account. */
  readonly maxAge?: number
  /** Where to go on after a login, below the issuer; the page that was asked for unless told. */
  readonly next?: string
}

/** For what changes an account, a login may be this old: 15 minutes, in seconds. */
export const recently = 900

/** Does the work with the session of whoever is logged in; or sends the browser to the login page, and back here. */
export async function whenSignedIn(
  { open, visit }: PageRequest,
  { maxAge, next }: SignedInOptions,
  work: (session: StoredSession) => Promise<Response>,
): Promise<Response> {
  const { basePath, now } = open.settings
  const { session } = visit
  const isOld = session !== undefined && maxAge !== undefined && now() - session.authTime > maxAge * 1000
  if (session !== undefined && !isOld) return work(session)
  const { pathname, search } = new URL(visit.request.url)
  const back = next ?? (pathname + search).slice(basePath.length)
  return visit.redirect(`${basePath}/login?next=${encodeURIComponent(back)}`)
}
