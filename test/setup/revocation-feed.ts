/** The revocation feed of an issuer somewhere else, honest unless told: a page is what a test makes of it. */

import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import { hiddenName, revocationPageClaims, revocationPageType } from '../../src/protocol/revocation-page.ts'
import type { RevocationPage } from '../../src/protocol/revocation-page.ts'
import type { RevocationKind } from '../../src/protocol/revoked.ts'
import type { ForeignIssuer, Members } from './foreign-issuer.ts'

/** What a follower asked for. */
export interface FeedQuestion {
  readonly after: number
  readonly wait: number
  readonly nonce: string
}

/** How a page is other than an honest one. */
export interface PageChanges {
  readonly claims?: Members
  readonly type?: string
  readonly key?: SigningKey
  /** How far the clock of the issuer is off, in seconds. */
  readonly clock?: number
}

/** Answers a question. */
export type FeedAnswer = (question: FeedQuestion, response: ServerResponse) => unknown

/** A feed. */
export interface ForeignFeed {
  readonly url: string
  /** The questions so far. */
  readonly asked: FeedQuestion[]
  /** Revokes something, by its name in tokens. */
  revoke(kind: RevocationKind, name: string): void
  /** Forgets all revocations, and its numbers with them: a backup. */
  goBackTo(sequence: number): void
  /** The honest page, but for what is changed, signed. */
  page(question: FeedQuestion, changes?: PageChanges): Promise<string>
  /** How it answers from now on; honestly when nothing is told. */
  answerWith(answer?: FeedAnswer): void
}

const running: Server[] = []

afterAll(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections()
    await new Promise((stopped) => server.close(stopped))
  }
})

/** Opens the feed of an issuer, and has its metadata name it. */
export async function feedOf(issuer: ForeignIssuer): Promise<ForeignFeed> {
  const log: { readonly sequence: number; readonly entry: RevocationPage['entries'][number] }[] = []
  let sequence = 0
  let answer: FeedAnswer | undefined
  const self: ForeignFeed = {
    url: '',
    asked: [],
    revoke(kind, name) {
      sequence += 1
      const before = Math.floor(issuer.clock.now / 1000)
      const entry = { kind, name: hiddenName(issuer.issuer, kind, name), before, until: before + 3600 }
      log.push({ sequence, entry })
    },
    goBackTo(to) {
      sequence = to
      log.splice(0, log.length, ...log.filter((each) => each.sequence <= to))
    },
    page({ after, nonce }, { claims, type = revocationPageType, key = issuer.keys[0]!, clock = 0 } = {}) {
      const honest = {
        issuer: issuer.issuer,
        nonce,
        after,
        next: sequence,
        hasMore: false,
        current: 0,
        entries: log.filter((each) => each.sequence > after).map(({ entry }) => entry),
      }
      const members = { ...revocationPageClaims(honest, issuer.clock.now / 1000 + clock), ...claims }
      return signJws(key, protectedHeader(key, type), JSON.stringify(members))
    },
    answerWith(next) {
      answer = next
    },
  }
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', issuer.issuer)
    const question = {
      after: Number(searchParams.get('after')),
      wait: Number(searchParams.get('wait')),
      nonce: searchParams.get('nonce') ?? '',
    }
    self.asked.push(question)
    void (async () => {
      if (answer === undefined) response.end(await self.page(question))
      else await answer(question, response)
    })()
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  running.push(server)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/revocations`
  issuer.metadata = { ...issuer.metadata, revocation_feed_endpoint: url }
  return Object.assign(self, { url })
}
