/** Limits on how often something may be tried, shared by all nodes through the store. */

import { sha256Base64url } from '../crypto/hash.ts'
import { HttpError } from '../http/http-error.ts'
import { emailKey } from '../store/email-key.ts'
import type { AuthenticatorKind, GrantStore } from '../store/grant-store.ts'
import type { RateLimitOption } from './options.ts'
import type { Settings } from './settings.ts'

/** A count of failures that only grows when something fails. */
export interface FailureLimit {
  /** @throws {HttpError} 429 when there were too many. */
  check(): void
  /**
   * Counts one more.
   *
   * @throws {HttpError} 429 when this was one too many: of many at once none is let off.
   */
  count(): Promise<void>
}

/** A count of tries that is made before each, so that many at once are no more than one by one. */
export interface AttemptLimit {
  /**
   * Counts a try, before it is looked at.
   *
   * @throws {HttpError} 429 when there were too many.
   */
  attempt(): Promise<void>
  /** It was right: the row of failures ends. */
  succeeded(): Promise<void>
  /** Nobody could tell: the try is given back. */
  unjudged(): Promise<void>
}

/** The limits of one server. Each throws 429 with `Retry-After` (RFC 6585 §4). */
export interface RateLimits {
  /** @param endpoint Each endpoint of this size has its own count; `token` unless told. */
  token(
    clientId: string,
    address: string | undefined,
    endpoint?: 'revocation' | 'pushed' | 'device',
  ): Promise<void>
  introspection(clientId: string): Promise<void>
  registration(address: string | undefined): Promise<void>
  /** A document of a client that is not known, which somebody makes this server read. */
  clientDocuments(address: string | undefined, host: string): Promise<void>
  /** A login with another provider that is begun. */
  providers(address: string | undefined): Promise<void>
  /** A user code that somebody enters, right or wrong. */
  userCodes(subject: string, address: string | undefined): Promise<void>
  /** @param clientId Missing for a client that does not exist: all of those have one count for each address. */
  clientFailures(clientId: string | undefined, address: string | undefined): Promise<FailureLimit>
  /** A mail that somebody at an address asks for. */
  mails(address: string | undefined): Promise<void>
  /** Whether one more mail of a kind may go to a mailbox. It never throws: whoever asks is told the same either way. */
  mailbox(kind: string, email: string): Promise<boolean>
  /** @param account In its one spelling, so that aliases share a count. */
  loginFailures(account: string, address: string | undefined): Promise<AttemptLimit>
  /** Passkeys that are shown by one address. They cannot be guessed, but each costs work. */
  passkeys(address: string | undefined): Promise<void>
  /** Second factors of one kind: whoever gets to try them knows the password, and locks no other way in. */
  factorFailures(subject: string, kind: AuthenticatorKind): AttemptLimit
}

/** The limits in a store. */
export function rateLimits(store: GrantStore, settings: Settings): RateLimits {
  const { now, rateLimits: options } = settings

  async function hit(kind: string, key: readonly string[], limit: RateLimitOption): Promise<void> {
    const window = { points: limit.points, windowMs: limit.seconds * 1000 }
    const state = await store.hit(keyOf(kind, key), window, now())
    if (!state.allowed) throw tooMany(state.retryAfterMs)
  }

  async function failures(
    kind: string,
    key: readonly string[],
    limit: RateLimitOption,
  ): Promise<FailureLimit> {
    const name = keyOf(kind, key)
    const count = await store.failures(name, now())
    return {
      check() {
        if (count >= limit.points) throw tooMany(limit.seconds * 1000)
      },
      async count() {
        const failed = await store.countFailure(name, now() + limit.seconds * 1000, now())
        if (failed > limit.points) throw tooMany(limit.seconds * 1000)
      },
    }
  }

  return {
    token: (clientId, address, endpoint) =>
      hit(endpoint ?? 'token', [clientId, place(address)], options.token),
    introspection: (clientId) => hit('introspection', [clientId], options.introspection),
    registration: (address) => hit('registration', [place(address)], options.registration),
    async clientDocuments(address, host) {
      await hit('client_document', ['address', place(address)], options.clientDocuments)
      // However many addresses somebody has: one host is not to be flooded from here.
      await hit('client_document', ['host', host], { points: 60, seconds: 60 })
    },
    providers: (address) => hit('providers', [place(address)], options.providers),
    mails: (address) => hit('mails', [place(address)], options.mails),
    async mailbox(kind, email) {
      const { points, seconds } = options.mailbox
      const window = { points, windowMs: seconds * 1000 }
      return (await store.hit(keyOf('mailbox', [kind, emailKey(email)]), window, now())).allowed
    },
    // RFC 8628 §5.1: four, then one more in the time that a code lives. Five guesses of 20⁸ codes are fewer than 2⁻³².
    async userCodes(subject, address) {
      const { deviceCode } = settings.lifetimes
      await hit('user_code', ['subject', subject], { points: 4, seconds: 4 * deviceCode })
      await hit('user_code', ['address', place(address)], { points: 40, seconds: deviceCode })
    },
    // With the address in the key, a stranger who guesses locks out no one but himself. Where the address is not known it
    // would be everybody, so nobody is: a secret of 256 bits is not guessed.
    clientFailures: async (clientId, address) =>
      address === undefined
        ? unlimited
        : failures('client', [clientId ?? '', place(address)], options.clientFailures),
    passkeys: (address) => hit('passkey', [place(address)], { points: 60, seconds: 60 }),
    factorFailures(subject, kind) {
      const { points, seconds } = options.secondFactor
      return attemptsIn(store, now, [
        { key: keyOf('factor', [subject, kind]), points, seconds },
        { key: keyOf('factor day', [subject, kind]), points: points * 5, seconds: day },
      ])
    },
    loginFailures: (account, address) => loginAttempts(store, settings, account, place(address)),
  }
}

const unlimited: FailureLimit = { check: () => undefined, count: async () => undefined }

const day = 86_400
/** How long an address is remembered from which somebody has logged in, in seconds. */
const knownFor = 30 * day

/**
 * Wrong passwords are counted where they come from, in the time of the option, and ten times as many in a day for all
 * strangers together (NIST SP 800-63B §3.2.2). Where the person has logged in before they have a day's count of their own:
 * however many strangers try, the owner gets in.
 */
async function loginAttempts(
  store: GrantStore,
  { now, rateLimits: { login } }: Settings,
  account: string,
  address: string,
): Promise<AttemptLimit> {
  const known = keyOf('login place', [account, address])
  const isKnown = (await store.failures(known, now())) > 0
  const counts = [
    { key: keyOf('login', [account, address]), points: login.points, seconds: login.seconds },
    {
      key: keyOf('login day', isKnown ? [account, address] : [account]),
      points: login.points * 10,
      seconds: day,
    },
  ]
  const attempts = attemptsIn(store, now, counts)
  return {
    ...attempts,
    async succeeded() {
      await attempts.succeeded()
      await store.countFailure(known, now() + knownFor * 1000, now())
    },
  }
}

interface Count {
  readonly key: string
  readonly points: number
  readonly seconds: number
}

/** Tries that are counted in several spans of time at once. */
function attemptsIn(store: GrantStore, now: () => number, counts: readonly Count[]): AttemptLimit {
  return {
    async attempt() {
      // A try that is refused is not counted: who waits gets another one, whatever others do meanwhile.
      for (const { key, points, seconds } of counts) {
        if ((await store.failures(key, now())) >= points) throw tooMany(seconds * 1000)
      }
      for (const { key, points, seconds } of counts) {
        if ((await store.countFailure(key, now() + seconds * 1000, now())) > points)
          throw tooMany(seconds * 1000)
      }
    },
    async unjudged() {
      for (const { key } of counts) await store.takeBackFailure(key)
    },
    async succeeded() {
      for (const { key } of counts) await store.clearFailures(key)
    },
  }
}

/** One spelling a caller: the /64 of an IPv6 address is one household, and a mapped IPv4 address is that address. */
export function place(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const groups = [...left, ...zeros, ...right].map((group) => Number.parseInt(group || '0', 16).toString(16))
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** Long and personal keys become hashes of one length. */
function keyOf(kind: string, parts: readonly string[]): string {
  return `${kind}:${sha256Base64url(JSON.stringify(parts))}`
}

function tooMany(retryAfterMs: number): HttpError {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  return new HttpError(429, 'Too many requests, try again later', {
    headers: { 'retry-after': seconds, 'cache-control': 'no-store' },
  })
}
