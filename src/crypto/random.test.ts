import { expect, test } from 'vitest'
import { decodeBase64url } from './base64url.ts'
import { randomToken } from './random.ts'

test('random values have the bytes asked for and do not repeat', () => {
  expect(decodeBase64url(randomToken())).toHaveLength(32)
  expect(decodeBase64url(randomToken(16))).toHaveLength(16)
  expect(new Set(Array.from({ length: 1000 }, () => randomToken())).size).toBe(1000)
})
