import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url } from './base64url.ts'

test('every sequence of bytes comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encodeBase64url(bytes)
      expect(text).toMatch(/^[\w-]*$/)
      expect(decodeBase64url(text)).toEqual(Buffer.from(bytes))
    }),
  )
})

test('RFC 7515 §2: no text but the one that encoding gives is decoded', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[\w-]{0,9}$/)), (text) => {
      const bytes = decodeBase64url(text)
      if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(text)
    }),
  )
})

test('RFC 4648 §3.5: left-over bits, padding and foreign characters are refused', () => {
  for (const text of ['AB', 'A', 'AAA=', 'AA==', 'A+/A', 'AA A', 'AAAA\n', 'AAB', 'é', 'AAAAA']) {
    expect(decodeBase64url(text), text).toBeUndefined()
  }
  expect(decodeBase64url('AAE')).toEqual(Buffer.from([0, 1]))
  expect(decodeBase64url('')).toEqual(Buffer.alloc(0))
})
