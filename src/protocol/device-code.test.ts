import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatUserCode,
  judgePoll,
  normalizeUserCode,
  pollError,
  userCodeAlphabet,
  userCodeFrom,
} from './device-code.ts'
import type { DeviceAuthorizationState, PollJudgement } from './device-code.ts'

const now = 1_800_000_000_000
const state: DeviceAuthorizationState = {
  clientId: 'tv',
  status: 'pending',
  expiresAt: now + 600_000,
  interval: 5,
}
const judge = (changed: Partial<DeviceAuthorizationState> = {}, clientId = 'tv'): PollJudgement =>
  judgePoll({ ...state, ...changed }, clientId, now)

test('SECURITY 101: eight letters without vowels and lookalikes, every one as likely as the other', () => {
  expect(userCodeAlphabet).toHaveLength(20)
  expect(userCodeAlphabet).not.toMatch(/[AEIOUY0-9a-z]/)
  const counts = new Map<string, number>()
  for (let number = 0; number < 20 ** 3; number++) {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setUint32(12, number)
    const code = userCodeFrom(bytes)
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    for (const letter of code.slice(0, 3)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  expect(new Set(counts.values())).toEqual(new Set([1200]))
})

test('SECURITY 101: fewer bytes would make some codes likelier', () => {
  expect(() => userCodeFrom(new Uint8Array(15))).toThrow(RangeError)
})

test('RFC 8628 §6.1: however it is typed, it is the same code', () => {
  const typed = ['WDJB-MJHT', 'wdjb mjht', ' wdjbmjht ', 'W D J B M J H T', 'WDJB–MJHT', 'WDJB.MJHT', 'wdjb_mjht', 'ｗｄｊｂ－ｍｊｈｔ', 'WDJB\u00a0MJHT', 'WDJB\tMJHT\n'] // prettier-ignore
  for (const text of typed) expect(normalizeUserCode(text), text).toBe('WDJBMJHT')
  expect(formatUserCode('WDJBMJHT')).toBe('WDJB-MJHT')
})

test('RFC 8628 §6.1: what can be no code is none', () => {
  for (const text of ['', 'WDJB', 'WDJB-MJH', 'WDJB-MJHTT', 'WDJB-MJHA', 'WDJB-MJH0', 'WDJB-MJHТ', "WDJB-MJHT'; --x", 'WDJB+MJHT', `WDJB${' '.repeat(100)}MJHT`, 'x'.repeat(1 << 20)]) {
    expect(normalizeUserCode(text), text.slice(0, 40)).toBeUndefined()
  } // prettier-ignore
})

test('every code that is made is read again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 32 }), (bytes) => {
      const code = userCodeFrom(bytes)
      expect(normalizeUserCode(formatUserCode(code).toLowerCase())).toBe(code)
    }),
  )
})

test('SECURITY 102: pending, denied, approved, expired', () => {
  expect(judge()).toEqual({ verdict: 'pending' })
  expect(judge({ status: 'denied' })).toEqual({ verdict: 'denied' })
  expect(judge({ status: 'approved' })).toEqual({ verdict: 'redeem' })
  for (const status of ['pending', 'denied', 'approved'] as const) {
    expect(judge({ status, expiresAt: now }), status).toEqual({ verdict: 'expired' })
  }
})

test('SECURITY 102: who asks too often is told to slow down, and has to', () => {
  const ago = (seconds: number): Partial<DeviceAuthorizationState> => ({ lastPolledAt: now - seconds * 1000 })
  expect(judge(ago(5))).toEqual({ verdict: 'pending' })
  // What was on its way for half a second longer is not too early.
  expect(judge(ago(4.5))).toEqual({ verdict: 'pending' })
  expect(judge(ago(4.4))).toEqual({ verdict: 'slow_down', interval: 10 })
  expect(judge({ ...ago(5), interval: 10 })).toEqual({ verdict: 'slow_down', interval: 15 })
  expect(judge({ ...ago(0), status: 'approved' })).toEqual({ verdict: 'redeem' })
})

test('SECURITY 106: a device code belongs to its client, and works once', () => {
  for (const status of ['pending', 'approved', 'denied', 'redeemed'] as const) {
    expect(judge({ status }, 'other'), status).toEqual({ verdict: 'refuse', reason: 'client' })
  }
  expect(judge({ expiresAt: now }, 'other')).toEqual({ verdict: 'refuse', reason: 'client' })
  expect(judge({ status: 'redeemed' })).toEqual({ verdict: 'refuse', reason: 'redeemed' })
})

test('RFC 8628 §3.5: the errors', () => {
  const codes = [
    pollError({ verdict: 'pending' }), pollError({ verdict: 'slow_down', interval: 10 }), pollError({ verdict: 'denied' }), pollError({ verdict: 'expired' }),
    pollError({ verdict: 'refuse', reason: 'client' }), pollError({ verdict: 'refuse', reason: 'redeemed' }),
  ].map(({ code, status }) => [code, status]) // prettier-ignore
  expect(codes).toEqual([
    ['authorization_pending', 400],
    ['slow_down', 400],
    ['access_denied', 400],
    ['expired_token', 400],
    ['invalid_grant', 400],
    ['invalid_grant', 400],
  ])
  const refused = (['client', 'redeemed'] as const).map((reason) => JSON.stringify(pollError({ verdict: 'refuse', reason }))) // prettier-ignore
  expect(new Set(refused).size).toBe(1)
})
