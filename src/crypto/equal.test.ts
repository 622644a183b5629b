import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { equal } from './equal.ts'

test('two secrets are equal when they are the same, whatever their lengths', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => equal(text, Buffer.from(text))))
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array(),
      (a, b) => equal(a, b) === Buffer.from(a).equals(Buffer.from(b)),
    ),
  )
  expect(equal('', '')).toBe(true)
  expect(equal('secret', 'secret ')).toBe(false)
  expect(equal('secret', '')).toBe(false)
})
