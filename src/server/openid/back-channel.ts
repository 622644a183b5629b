/** Telling applications that a login session has ended (OpenID Connect Back-Channel Logout): beside the logout, never before it. */

import { protectedHeader, signJws } from '../../crypto/jws.ts'
import { randomToken } from '../../crypto/random.ts'
import { outgoing } from '../../http/outgoing.ts'
import type { Outgoing } from '../../http/outgoing.ts'
import { logoutTokenClaims } from '../../protocol/logout-token.ts'
import type { SessionFamily } from '../../store/grant-store.ts'
import type { Client, Clients } from '../clients.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Settings } from '../settings.ts'
import { algorithmOf } from './algorithms.ts'
import { subjectFor } from './subject.ts'

/** A session that has ended, and what had come from it. */
export interface EndedSession {
  readonly id: string
  /** The id of the account. */
  readonly subject: string
  readonly families: readonly SessionFamily[]
}

/** Tells applications. */
export interface BackChannel {
  /** Begins to tell, and returns at once. Never throws. */
  tell(session: EndedSession): void
  /** Resolves when everybody has been told, or cannot be. Nothing is begun any more. */
  close(): Promise<void>
}

/** More than this are not waiting at once: an application that hangs must not fill the memory. */
const mostWaiting = 1000
/** So many are told at the same time. */
const atOnce = 8
/** When to try again, in milliseconds. What is lost after that ends with the application's own session. */
const retries = [1000, 5000]

/** @param wait Lets so many milliseconds pass, less when the server closes. */
export function backChannel(
  {
    clients,
    keys,
    settings,
  }: { readonly clients: Clients; readonly keys: SigningKeys; readonly settings: Settings },
  wait: (milliseconds: number) => Promise<void>,
): BackChannel {
  // What an administrator has written may be inside; what registered itself may not.
  const trusted = outgoing({ reachable: ['loopback', 'private'], maxBytes: 65_536 })
  const guarded = outgoing({ maxBytes: 65_536 })
  const waiting: (() => Promise<void>)[] = []
  const running = new Set<Promise<void>>()
  let isClosed = false

  async function tellClient(client: Client, uri: string, session: EndedSession): Promise<void> {
    const send = client.source === 'code' || client.source === 'admin' ? trusted : guarded
    for (const pause of [...retries, undefined]) {
      try {
        const status = await answered(send, uri, await logoutToken(client, session))
        if (status >= 200 && status < 300) return
        // Back-Channel Logout §2.8: it will not be otherwise the next time.
        if (status === 400) {
          settings.report(new Error(`The client ${client.id} refused a logout token`))
          return
        }
        throw new Error(`${client.id} did not accept a logout token: it answered ${status}`)
      } catch (error) {
        if (pause === undefined || isClosed) {
          settings.report(new Error(`The client ${client.id} was not told of a logout`, { cause: error }))
          return
        }
        await wait(pause)
      }
    }
  }

  async function logoutToken(client: Client, session: EndedSession): Promise<string> {
    const key = await keys.current(algorithmOf(settings, client.metadata))
    const claims = logoutTokenClaims({
      issuer: settings.issuer,
      subject: subjectFor(settings, client, session.subject),
      clientId: client.id,
      sessionId: client.metadata.backchannelLogoutSessionRequired === false ? undefined : session.id,
      id: randomToken(16),
      issuedAt: Math.floor(settings.now() / 1000),
    })
    return signJws(key, protectedHeader(key, 'logout+jwt'), JSON.stringify(claims))
  }

  function begin(): void {
    while (running.size < atOnce) {
      const next = waiting.shift()
      if (next === undefined) return
      const run = next()
        .catch(settings.report)
        .finally(() => {
          running.delete(run)
          begin()
        })
      running.add(run)
    }
  }

  return {
    tell(session) {
      const ids = new Set(
        session.families.flatMap(({ clientId, scopes }) => (scopes.includes('openid') ? clientId : [])),
      )
      for (const id of ids) {
        if (isClosed || waiting.length >= mostWaiting) {
          settings.report(new Error(`The client ${id} was not told of a logout: too many wait`))
          continue
        }
        waiting.push(async () => {
          const client = await clients.get(id)
          const uri = client?.disabled === false ? client.metadata.backchannelLogoutUri : undefined
          if (client !== undefined && uri !== undefined) await tellClient(client, uri, session)
        })
      }
      begin()
    },
    async close() {
      isClosed = true
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** Back-Channel Logout §2.5: a form with one field. */
async function answered(send: Outgoing, uri: string, token: string): Promise<number> {
  const { status } = await send(uri, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
  })
  return status
}
