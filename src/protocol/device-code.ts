/** The device grant (RFC 8628): user codes, and how often a device may ask. */

import { invalidGrant, OAuthError } from './oauth-error.ts'

/** Consonants without Y: no words come about, and no letter looks like a digit that could be in it (RFC 8628 §6.1). */
export const userCodeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ'

/** Letters of a user code. */
const codeLength = 8

/**
 * A user code as it is kept: 8 letters.
 *
 * @param bytes At least 16 random ones: of so many, no letter is likelier than another by more than 2⁻⁹³.
 */
export function userCodeFrom(bytes: Uint8Array): string {
  if (bytes.length < 16) throw new RangeError('A user code is made of 16 random bytes')
  let number = 0n
  for (const byte of bytes) number = number * 256n + BigInt(byte)
  let code = ''
  for (; code.length < codeLength; number /= 20n) code += userCodeAlphabet.charAt(Number(number % 20n))
  return code
}

/** As it is shown: `XXXX-XXXX`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/**
 * What somebody typed as it is kept, or `undefined` if it can be no code. Case, spaces, dashes and the wide letters of
 * an East Asian keyboard do not count (RFC 8628 §6.1).
 *
 * @example
 *
 * ```ts
 * normalizeUserCode(' wdjb mjht ') // 'WDJBMJHT'
 * ```
 */
export function normalizeUserCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined
  const code = typed
    .normalize('NFKC')
    .replace(/[\s\p{P}\p{Z}]/gu, '')
    .toUpperCase()
  return code.length === codeLength && /^[BCDFGHJKLMNPQRSTVWXZ]+$/.test(code) ? code : undefined
}

/** A device authorization as it stands. */
export interface DeviceAuthorizationState {
  readonly clientId: string
  readonly status: 'pending' | 'approved' | 'denied' | 'redeemed'
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Seconds between two polls. */
  readonly interval: number
  /** Milliseconds since 1970. */
  readonly lastPolledAt?: number | undefined
}

/** What to do with a poll. But for `refuse`, remember when it was. */
export type PollJudgement =
  | { readonly verdict: 'pending' }
  /** Keep the longer interval, in seconds. */
  | { readonly verdict: 'slow_down'; readonly interval: number }
  /** Use it up, and give tokens. */
  | { readonly verdict: 'redeem' }
  | { readonly verdict: 'denied' }
  | { readonly verdict: 'expired' }
  | { readonly verdict: 'refuse'; readonly reason: 'client' | 'redeemed' }

/**
 * The rule of RFC 8628 §3.5.
 *
 * @param clientId The client that asks.
 * @param now Milliseconds since 1970.
 */
export function judgePoll(state: DeviceAuthorizationState, clientId: string, now: number): PollJudgement {
  // First whose it is: a stranger learns nothing, and slows nobody down.
  if (state.clientId !== clientId) return { verdict: 'refuse', reason: 'client' }
  if (state.status === 'redeemed') return { verdict: 'refuse', reason: 'redeemed' }
  if (now >= state.expiresAt) return { verdict: 'expired' }
  if (state.status === 'denied') return { verdict: 'denied' }
  if (state.status === 'approved') return { verdict: 'redeem' }
  const due = (state.lastPolledAt ?? -Infinity) + state.interval * 1000 - networkJitter
  return now >= due ? { verdict: 'pending' } : { verdict: 'slow_down', interval: state.interval + 5 }
}

/** A device that keeps to the interval may still arrive a little early: the poll before took longer on the way. */
const networkJitter = 500

/** The error for every verdict but `redeem` (RFC 8628 §3.5). */
export function pollError(judgement: Exclude<PollJudgement, { readonly verdict: 'redeem' }>): OAuthError {
  switch (judgement.verdict) {
    case 'pending':
      return new OAuthError('authorization_pending', 'The person has not decided yet')
    case 'slow_down':
      return new OAuthError(
        'slow_down',
        `Wait ${judgement.interval} seconds between two requests from now on`,
      )
    case 'denied':
      return new OAuthError('access_denied', 'The person said no')
    case 'expired':
      return new OAuthError('expired_token', 'The device code has expired')
    case 'refuse':
      return invalidGrant('The device code is not valid', { cause: judgement.reason })
  }
}
