/** Login sessions: who sits before a browser, found by its cookie. */

import { sha256Base64url } from '../crypto/hash.ts'
import { randomToken } from '../crypto/random.ts'
import type { GrantStore, StoredSession } from '../store/grant-store.ts'
import { auditEvent } from './audit.ts'
import type { AuditEvent } from './audit.ts'
import type { Settings } from './settings.ts'

/** How a session is started. */
export interface SessionBegin {
  readonly subject: string
  /** How the person proved who they are (RFC 8176). */
  readonly methods: readonly string[]
  /** The session that the browser had until now: its cookie is worth nothing from then on. */
  readonly replaces?: StoredSession | undefined
  readonly address?: string | undefined
  readonly userAgent?: string | undefined
}

/** The sessions of an open server. */
export interface Sessions {
  /** Starts a session. Answers what the cookie is to hold, and `undefined` when the account is not there any more. */
  start(begin: SessionBegin): Promise<string | undefined>
  /** The session of a cookie, if it is alive. */
  find(cookie: string | undefined): Promise<StoredSession | undefined>
  /** Ends a session: what the cookie holds is worth nothing from then on. */
  end(session: StoredSession, address: string | undefined): Promise<void>
}

/**
 * The sessions in a store.
 *
 * @param ending Does what goes before the end of a session that somebody wants, and answers what goes after it.
 */
export function sessionsIn(
  store: GrantStore,
  settings: Settings,
  tell: (events: readonly AuditEvent[]) => void,
  ending: (session: Pick<StoredSession, 'id' | 'subject'>) => Promise<() => void>,
): Sessions {
  const { now, lifetimes } = settings
  const idleEnd = (at: number): number => at + lifetimes.sessionIdle * 1000

  return {
    async start({ subject, methods, replaces, address, userAgent }) {
      const at = now()
      const cookie = randomToken(32)
      // The same person logs in again: pages that are open in other tabs stay theirs.
      const id = replaces?.subject === subject ? replaces.id : randomToken(16)
      const from = address === undefined ? {} : { address }
      const audit = [
        auditEvent('login.succeeded', at, { subject, details: { methods, session: id }, ...from }),
      ]
      const outcome = await store.startSession(
        {
          hash: sha256Base64url(cookie),
          id,
          subject,
          createdAt: at,
          authTime: at,
          methods,
          idleUntil: idleEnd(at),
          expiresAt: at + lifetimes.sessionAbsolute * 1000,
          ...from,
          ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 300) }),
        },
        { audit, ...(replaces === undefined ? {} : { replaces: replaces.hash }) },
      )
      if (outcome === 'gone') return undefined
      tell(audit)
      // Somebody else sits before this browser now.
      if (replaces !== undefined && replaces.subject !== subject) (await ending(replaces))()
      return cookie
    },
    async find(cookie) {
      if (cookie === undefined || !/^[\w-]{43}$/.test(cookie)) return undefined
      const hash = sha256Base64url(cookie)
      const at = now()
      const session = await store.findSession(hash, at)
      if (session !== undefined) await store.touchSession(hash, at, idleEnd(at))
      return session
    },
    async end({ id, subject }, address) {
      const from = address === undefined ? {} : { address }
      const audit = [auditEvent('session.ended', now(), { subject, details: { session: id }, ...from })]
      // First: whoever is interrupted after this is still logged in, and does it again.
      const after = await ending({ id, subject })
      if (await store.endSession(id, subject, audit)) tell(audit)
      after()
    },
  }
}
