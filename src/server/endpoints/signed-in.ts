/** Pages for somebody who is logged in: everybody else logs in first, and comes back. */

import { acrOf } from '../../protocol/authentication-context.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { secondFactorKinds } from '../factors/second-factors.ts'
import { beginPageFlow } from '../interaction/flow.ts'
import type { PageRequest } from './page-request.ts'

/** How a page is guarded. */
export interface SignedInOptions {
  /** The login may not be older than so many seconds: for what changes an account. */
  readonly maxAge?: number
  /** Where to go on after a login, below the issuer; the page that was asked for unless told. */
  readonly next?: string
  /** Tokens come of it: where the server requires a second factor, whoever has none sets one up first. */
  readonly isIssuing?: boolean
}

/** For what changes an account, a login may be this old: 15 minutes, in seconds. */
export const recently = 900

/**
 * Does the work with the session of whoever is logged in, with all factors that they have; or sends the browser to the login
 * page, or to that of the second factor, and back here.
 */
export async function whenSignedIn(
  { open, visit }: PageRequest,
  { maxAge, next, isIssuing = false }: SignedInOptions,
  work: (session: StoredSession) => Promise<Response>,
): Promise<Response> {
  const { basePath, now } = open.settings
  const { session } = visit
  const isOld = session !== undefined && maxAge !== undefined && now() - session.authTime > maxAge * 1000
  const { pathname, search } = new URL(visit.request.url)
  const back = next ?? (pathname + search).slice(basePath.length)
  if (session !== undefined && !isOld) {
    if (acrOf(session.methods) !== 'urn:gatewright:acr:1fa') return work(session)
    if ((await secondFactorKinds(open, session.subject)).length === 0) {
      if (!isIssuing || open.settings.secondFactor !== 'required') return work(session)
      return visit.redirect(`${basePath}/account/security`)
    }
    // A session from before there was a second factor, or from a way in that has not asked for it.
    const flow = await beginPageFlow(open, visit, back)
    return visit.redirect(`${basePath}/login/second-factor?flow=${flow.id}`)
  }
  return visit.redirect(`${basePath}/login?next=${encodeURIComponent(back)}`)
}
