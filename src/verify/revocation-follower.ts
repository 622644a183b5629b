/** Follows what an issuer has revoked: asks for its signed feed, which answers as soon as there is news. */

import { setTimeout as sleep } from 'node:timers/promises'
import { decodeBase64url } from '../crypto/base64url.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { randomToken } from '../crypto/random.ts'
import type { Outgoing } from '../http/outgoing.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import {
  hiddenNames,
  PageFault,
  readRevocationPage,
  revocationPageType,
} from '../protocol/revocation-page.ts'
import type { RevocationPage } from '../protocol/revocation-page.ts'
import { ageOn, catchingUp } from './catch-up.ts'
import type { Kept } from './kept.ts'
import type { RemoteKeys } from './remote-issuer.ts'
import { revocationSet } from './revocation-set.ts'

/** What a follower works with. */
export interface FollowerSettings {
  readonly issuer: string
  /** Where the feed is, if the issuer is known and has one. */
  readonly endpoint: () => string | undefined
  readonly keys: Kept<RemoteKeys>
  readonly send: Outgoing
  /** Whether the issuer may keep a question until there is news. */
  readonly mayWait: boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  readonly report: (error: Error) => void
}

/** Knows what an issuer has revoked. */
export interface RevocationFollower {
  /** Whether the issuer has a feed. */
  readonly isOffered: boolean
  isRevoked(token: AccessToken): boolean
  /** Follows from now on, and until it was not called for five minutes. `maxAge` in seconds: so old it may get. */
  follow(maxAge: number): void
  /** How old, at most, what it knows is, in milliseconds. */
  readonly age: number
  /** Tries to be up to date, for a second at most and once a second. Whether it is, `age` says. */
  catchUp(): Promise<void>
}

/** The longest that a question is kept, in seconds: so long at most an issuer that is shut down waits for its followers. */
const longestWait = 5
/** How long a question may take in all, in seconds. */
export const revocationPollTimeout: number = longestWait + 5
/** The time from one question to the next, in milliseconds, unless there was news. */
const pause = 1000
/** After so many milliseconds without a token nobody needs it. */
const idleAfter = 300_000
/** So often, in milliseconds, everything is read anew, for an issuer that went back to a backup and is ahead of it again. */
const fullEvery = 600_000
/** More than this is not kept: what it knows then gets old, and is refused as that. */
const mostEntries = 1_000_000
const mostPages = 2000
/** How far clocks may differ, in seconds. Pages are bound to their question: this only says what "expired" means. */
const clockSkew = 60

/** A follower that has not begun. */
export function revocationFollower(settings: FollowerSettings): RevocationFollower {
  const { issuer, endpoint, clock, report } = settings
  const revoked = revocationSet(hiddenNames)
  let cursor = 0
  const age = ageOn({ steady: clock, wall: settings.now })
  const catchUp = catchingUp(() => attempt(0), age)
  let fullAt = -Infinity
  let wait = longestWait
  let isRunning = false
  let usedAt = 0
  let lastFault: string | undefined

  /** Reads everything behind the cursor. Two of these at a time do no harm: adding twice is adding once. */
  async function read(seconds: number): Promise<boolean> {
    const isFull = clock() - fullAt >= fullEvery
    const beganAt = clock()
    let from = isFull ? 0 : cursor
    let patience = isFull ? 0 : seconds
    for (let pages = 0; pages < mostPages; pages++) {
      const askedAt = age.moment()
      const page = await ask(from, patience)
      for (const entry of page.entries) revoked.add(entry)
      if (revoked.size > mostEntries) throw fault(`more than ${mostEntries} entries`)
      if (page.next < from) {
        // It has gone back. What was revoked stays so, and everything there is now is read.
        from = patience = 0
        continue
      }
      from = page.next
      patience = 0
      if (page.hasMore) continue
      cursor = from
      if (isFull) fullAt = beganAt
      // By our own clocks alone: it does not matter what time the issuer thinks it is.
      age.renew(askedAt, page.current)
      revoked.forget(settings.now() / 1000 - clockSkew)
      lastFault = undefined
      return page.entries.length > 0
    }
    throw fault('it has no end')
  }

  async function ask(after: number, seconds: number): Promise<RevocationPage> {
    const address = endpoint()
    if (address === undefined) throw fault('its metadata name no revocation_feed_endpoint')
    const nonce = randomToken(16)
    const url = new URL(address)
    url.searchParams.set('after', String(after))
    url.searchParams.set('nonce', nonce)
    if (seconds > 0) url.searchParams.set('wait', String(seconds))
    const accept = `application/${revocationPageType}`
    const { status, body } = await settings.send(url.href, { headers: { accept } })
    if (status !== 200) throw fault(`status ${status}`)
    const claims = await verified(new TextDecoder().decode(body))
    const page = readRevocationPage(claims, { issuer, nonce, after, clockSkew }, settings.now() / 1000)
    if (page instanceof PageFault) throw fault(page.reason)
    return page
  }

  /** The claims of what the issuer signed as a page of its feed. */
  async function verified(text: string): Promise<Readonly<Record<string, unknown>>> {
    const jws = splitJws(text)
    const bytes = jws && decodeBase64url(jws.header)
    const header = bytes && parseJsonObject(bytes)
    if (jws === undefined || header === undefined) throw fault('it is no signed document')
    const { alg, kid, typ } = header
    if (typ !== revocationPageType || 'crit' in header || 'b64' in header)
      throw fault('it is another document')
    const keyId = typeof kid === 'string' ? kid : undefined
    const known = (await settings.keys.get()).candidates(keyId, alg)
    const keys = known.length > 0 ? known : (await settings.keys.renewed()).candidates(keyId, alg)
    const isSigned = keys.some((key) => key.algorithm === alg && key.verify(jws.signingInput, jws.signature))
    const claims = isSigned ? parseJsonObject(jws.payload) : undefined
    if (claims === undefined) throw fault('its signature is not of the issuer')
    return claims
  }

  function fault(reason: string): Error {
    return new Error(`issuer ${issuer}: what it revoked is not known: ${reason}`)
  }

  async function attempt(seconds: number): Promise<boolean> {
    try {
      return await read(seconds)
    } catch (error) {
      const { message } = error as Error
      // Once, and not each second.
      if (message !== lastFault) report(error as Error)
      lastFault = message
      return false
    }
  }

  async function run(): Promise<void> {
    while (performance.now() - usedAt < idleAfter && endpoint() !== undefined) {
      const beganAt = performance.now()
      const hadNews = await attempt(settings.mayWait ? wait : 0)
      const left = pause - (performance.now() - beganAt)
      if (!hadNews && left > 0) await sleep(left, undefined, { ref: false })
    }
    isRunning = false
  }

  return {
    get isOffered() {
      return endpoint() !== undefined
    },
    isRevoked: (token) => revoked.isRevoked(token),
    follow(maxAge) {
      usedAt = performance.now()
      // An answer that was kept long is old when it comes.
      wait = Math.max(1, Math.min(wait, Math.floor(maxAge / 3)))
      if (isRunning) return
      isRunning = true
      void run()
    },
    get age() {
      return age.value
    },
    catchUp,
  }
}
