/** Login sessions: who sits before a browser, found by its cookie. */

import { sha256Base64url } from '../crypto/hash.ts'
import { randomToken } from '../crypto/random.ts'
import { DatabaseError } from '../store/database-error.ts'
import type { GrantStore, SessionStart, StoredSession } from '../store/grant-store.ts'
import { auditEvent, under } from './audit.ts'
import type { AuditEvent, Circumstances } from './audit.ts'
import type { Settings } from './settings.ts'

/** How a session is started. */
export interface SessionBegin {
  readonly subject: string
  /** How the person proved who they are (RFC 8176). */
  readonly methods: readonly string[]
  /** The session that the browser had until now: its cookie is worth nothing from then on. */
  readonly replaces?: StoredSession | undefined
  /** The flow that knows of the first factor: it is used up. */
  readonly proof?: SessionStart['proof'] | undefined
  readonly address?: string | undefined
  readonly userAgent?: string | undefined
}

/** The sessions of an open server. */
export interface Sessions {
  /**
   * Starts a session. Answers what the cookie is to hold, and `undefined` when the account, or the proof, is not there
   * any more.
   */
  start(begin: SessionBegin): Promise<string | undefined>
  /**
   * The same session with more methods, under another cookie: what `start` answers. The time of the login stays, as the first
   * factor is as old as it is, and so does the absolute end.
   */
  stepUp(
    session: StoredSession,
    methods: readonly string[],
    address: string | undefined,
  ): Promise<string | undefined>
  /** The session of a cookie, if it is alive. */
  find(cookie: string | undefined): Promise<StoredSession | undefined>
  /**
   * Ends a session: what the cookie holds is worth nothing from then on, nor is what was issued for as long as it lasts.
   *
   * @param by Who ends it in another's place.
   */
  end(
    session: Pick<StoredSession, 'id' | 'subject'>,
    address: string | undefined,
    by?: Circumstances,
  ): Promise<void>
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

  async function started(
    { subject, methods, replaces, proof, address, userAgent }: SessionBegin,
    id: string,
  ): Promise<string | undefined> {
    const at = now()
    const cookie = randomToken(32)
    const from = address === undefined ? {} : { address }
    const audit = [auditEvent('login.succeeded', at, { subject, details: { methods, session: id }, ...from })]
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
      {
        audit,
        ...(replaces === undefined ? {} : { replaces: replaces.hash }),
        ...(proof === undefined ? {} : { proof }),
      },
    )
    if (outcome === 'gone') return undefined
    tell(audit)
    // Somebody else sits before this browser now.
    if (replaces !== undefined && replaces.subject !== subject) (await ending(replaces))()
    return cookie
  }

  return {
    async start(begin) {
      const { subject, replaces } = begin
      if (replaces?.subject !== subject) return started(begin, randomToken(16))
      try {
        // The same person logs in again: pages that are open in other tabs stay theirs.
        return await started(begin, replaces.id)
      } catch (error) {
        // Sent twice at the same moment: the other has the name already.
        if (!(error instanceof DatabaseError && error.code === 'conflict')) throw error
        return started(begin, randomToken(16))
      }
    },
    async stepUp(session, methods, address) {
      const at = now()
      const cookie = randomToken(32)
      const { id, subject } = session
      const from = address === undefined ? {} : { address }
      const audit = [
        auditEvent('session.stepped_up', at, { subject, details: { methods, session: id }, ...from }),
      ]
      const outcome = await store.startSession(
        { ...session, hash: sha256Base64url(cookie), methods, idleUntil: idleEnd(at) },
        { audit, replaces: session.hash, isContinued: true },
      )
      if (outcome === 'gone') return undefined
      tell(audit)
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
    async end({ id, subject }, address, by = {}) {
      const from = address === undefined ? {} : { address }
      const event = auditEvent('session.ended', now(), { subject, details: { session: id }, ...from })
      const audit = [under(event, by)]
      // First: whoever is interrupted after this is still logged in, and does it again.
      const after = await ending({ id, subject })
      if (await store.endSession(id, subject, audit)) tell(audit)
      after()
    },
  }
}
