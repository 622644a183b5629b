/** Codes of authenticator apps, against the vectors of RFC 6238. */

import { expect, test } from 'vitest'
import { newTotpSeed, totpStep, totpUri } from './totp.ts'

/** '12345678901234567890', the seed of RFC 6238 appendix B. */
const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('RFC 6238 appendix B: at %d s it is %s', (seconds, code) => {
  expect(totpStep(seed, code, seconds * 1000)).toBe(Math.floor(seconds / 30))
})

test('a code is good in its step, the one before and the one after, and no longer', () => {
  const step = Math.floor(1_111_111_109 / 30)
  const at = (steps: number): number | undefined => totpStep(seed, '081804', (step + steps) * 30_000)
  expect([-2, -1, 0, 1, 2].map(at)).toEqual([undefined, step, step, step, undefined])
})

test('what is no code is wrong', () => {
  for (const code of ['', '28708', '2870822', ' 287082', '28708a', '٢٨٧٠٨٢', '-87082', '287082\n']) {
    expect(totpStep(seed, code, 59_000)).toBeUndefined()
  }
})

test('a seed has 160 bits, each its own, and its address says what an app needs', () => {
  const fresh = newTotpSeed()
  expect(fresh).toMatch(/^[A-Z2-7]{32}$/)
  expect(newTotpSeed()).not.toBe(fresh)
  const uri = new URL(totpUri(fresh, { service: 'Items: & more', account: 'al:ice@x.test' }))
  expect(decodeURIComponent(uri.pathname)).toBe('/Items  & more:al ice@x.test')
  expect(Object.fromEntries(uri.searchParams)).toMatchObject({ secret: fresh, issuer: 'Items  & more' })
})
