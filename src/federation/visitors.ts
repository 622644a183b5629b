/** Who is signed in to an app that keeps no accounts: found by a cookie, kept by its hash, ended on the server. */

import { sha256Base64url } from '../crypto/hash.ts'
import { randomToken } from '../crypto/random.ts'
import type { VisitorStore } from '../store/ports/identities.ts'
import type { Provider, ProviderLogin } from '../server/federation/provider.ts'

/** Somebody who has signed in. */
export interface SignedInPerson {
  /** The id of the provider. */
  readonly provider: string
  /** Which server behind it says so. */
  readonly issuer: string
  /** The name that it has given the person. All three together are one person, whatever else changes. */
  readonly subject: string
  readonly name?: string
  readonly email?: string
  /** That the provider has seen proof that the address is the person's, and can be believed. */
  readonly emailVerified: boolean
  /** What the person is called there, such as `octocat`: it may be another's tomorrow. */
  readonly handle?: string
}

/** How long a session lives. */
export interface VisitorLifetimes {
  /** One that is not used for so long ends. In seconds, 7 days unless told. */
  readonly idle?: number
  /** After so long everybody has to sign in again. In seconds, 30 days unless told. */
  readonly absolute?: number
}

/** The sessions of an app. */
export interface Visitors {
  /** Starts one in place of the one before. Answers what the cookie is to hold. */
  start(person: SignedInPerson, before: string | undefined): Promise<string>
  find(cookie: string | undefined): Promise<SignedInPerson | undefined>
  end(cookie: string | undefined): Promise<void>
}

const day = 86_400

/** The lifetimes, complete. */
export function completedLifetimes({
  idle = 7 * day,
  absolute = 30 * day,
}: VisitorLifetimes = {}): Required<VisitorLifetimes> {
  for (const [name, seconds] of Object.entries({ idle, absolute })) {
    if (!(seconds > 0 && seconds <= 3650 * day)) {
      throw new TypeError(`signInWith: the option session.${name} is seconds above 0, and at most ten years`)
    }
  }
  return { idle, absolute }
}

/** The sessions in a store. */
export function visitorsIn(
  store: VisitorStore,
  { idle, absolute }: Required<VisitorLifetimes>,
  now: () => number,
): Visitors {
  return {
    async start(person, before) {
      const cookie = randomToken(32)
      const at = now()
      await store.startVisit(
        {
          hash: sha256Base64url(cookie),
          person: { ...person },
          createdAt: at,
          idleUntil: at + idle * 1000,
          expiresAt: at + absolute * 1000,
        },
        before === undefined ? undefined : sha256Base64url(before),
      )
      return cookie
    },
    async find(cookie) {
      if (cookie === undefined || !/^[\w-]{43}$/.test(cookie)) return undefined
      const at = now()
      const found = await store.findVisit(sha256Base64url(cookie), at)
      if (found === undefined) return undefined
      const idleUntil = at + idle * 1000
      // Not for each request: a minute more or less makes no difference.
      if (idleUntil - found.idleUntil > 60_000) await store.touchVisit(found.hash, idleUntil)
      // Written by `start`.
      return found.person as unknown as SignedInPerson
    },
    async end(cookie) {
      if (cookie !== undefined) await store.endVisit(sha256Base64url(cookie))
    },
  }
}

/** What is kept of a login. */
export function personOf({ id }: Provider, { issuer, subject, profile }: ProviderLogin): SignedInPerson {
  const { isEmailVerified, ...known } = profile
  return { provider: id, issuer, subject, ...known, emailVerified: isEmailVerified }
}
