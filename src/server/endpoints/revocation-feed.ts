/** The feed that APIs somewhere else follow: what was revoked, signed, told as soon as there is something to tell. */

import { request, signal } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { protectedHeader, signJws } from '../../crypto/jws.ts'
import { invalidRequest } from '../../protocol/oauth-error.ts'
import { strictParameters } from '../../protocol/parameters.ts'
import {
  hiddenName,
  revocationPageClaims,
  revocationPageSize,
  revocationPageType,
} from '../../protocol/revocation-page.ts'
import { revokedOf } from '../revocation-feed.ts'
import type { Service } from '../service.ts'
import { unlessUnavailable } from './unavailable.ts'

/** Seconds. */
const longestWait = 20

/** So many questions are kept at a time; whoever comes then is answered at once, and asks again in a second. */
const mostWaiting = 500

/** Adds `GET /revocations`. */
export function addRevocationFeedEndpoint(routes: Router<string>, service: () => Promise<Service>): void {
  let waiting = 0

  /** Until there is news for somebody who has everything up to `after`, or he has waited long enough, or has gone. */
  async function news(
    { revocations }: Service,
    after: number,
    wait: number,
    gone: AbortSignal,
  ): Promise<void> {
    if (revocations.cursor !== after || waiting >= mostWaiting) return
    waiting++
    try {
      await revocations.changed(wait * 1000, gone)
    } finally {
      waiting--
    }
  }

  routes.get(
    '/revocations',
    { request, signal },
    { open: true, tags: ['OAuth'], summary: 'What was revoked', operationId: 'revocations' },
    ({ request, signal }) =>
      unlessUnavailable(async () => {
        const cameAt = performance.now()
        const { after, wait, nonce } = questionIn(request.url)
        const open = await service()
        const { revocations, settings } = open
        // Another node was asked before, and has read further; or the database of this one answers again.
        if (revocations.cursor < after || revocations.age > 2000) await revocations.catchUp()
        if (wait > 0) await news(open, after, wait, signal)
        const page = revocations.after(after, revocationPageSize)
        const { issuer } = settings
        const entries = page.entries.map((entry) => {
          const revoked = revokedOf(entry)
          return { ...revoked, name: hiddenName(issuer, revoked.kind, revoked.name) }
        })
        // What this node knows is itself a little old, and says so.
        const current = Math.floor(performance.now() - cameAt - revocations.age)
        const { cursor: next, hasMore } = page
        const claims = revocationPageClaims(
          { issuer, nonce, after, next, hasMore, current, entries },
          settings.now() / 1000,
        )
        const key = await open.keys.current()
        const body = await signJws(key, protectedHeader(key, revocationPageType), JSON.stringify(claims))
        // Nobody may keep it: it says what holds at this moment.
        const headers = { 'content-type': `application/${revocationPageType}`, 'cache-control': 'no-store' }
        return new Response(body, { headers })
      }),
  )
}

interface Question {
  readonly after: number
  /** Seconds. */
  readonly wait: number
  readonly nonce: string | undefined
}

function questionIn(url: string): Question {
  const parameters = strictParameters([...new URL(url).searchParams])
  const after = parameters.one('after') ?? '0'
  const wait = parameters.one('wait') ?? '0'
  const nonce = parameters.one('nonce')
  if (!/^\d{1,15}$/.test(after)) throw invalidRequest('after is the number that the last page ended with')
  if (!/^\d{1,2}$/.test(wait) || Number(wait) > longestWait)
    throw invalidRequest(`wait is a number of seconds up to ${longestWait}`)
  // What a stranger has signed must not be anything but a random number.
  if (nonce !== undefined && !/^[\w-]{16,64}$/.test(nonce))
    throw invalidRequest('nonce has 16 to 64 characters of base64url')
  return { after: Number(after), wait: Number(wait), nonce }
}
