import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { locateJsonError } from './json-error.ts'

test.each([
  ['', 0, 'Expecting value'],
  ['   ', 3, 'Expecting value'],
  ['nul', 0, 'Expecting value'],
  ['{', 1, 'Expecting property name enclosed in double quotes'],
  ["{'a': 1}", 1, 'Expecting property name enclosed in double quotes'],
  ['{"a" 1}', 5, "Expecting ':' delimiter"],
  ['{"a": }', 6, 'Expecting value'],
  ['{"a": 1', 7, "Expecting ',' delimiter"],
  ['{"a": 1,}', 8, 'Expecting property name enclosed in double quotes'],
  ['[1 2]', 3, "Expecting ',' delimiter"],
  ['[1,]', 3, 'Expecting value'],
  ['[1}', 2, "Expecting ',' delimiter"],
  ['"abc', 0, 'Unterminated string'],
  ['"a\nb"', 2, 'Invalid control character'],
  ['"\\x"', 1, 'Invalid escape sequence'],
  ['"\\u12g4"', 1, 'Invalid escape sequence'],
  ['{} {}', 3, 'Extra data'],
  ['01', 1, 'Extra data'],
  ['NaN', 0, 'Expecting value'],
  ['-', 0, 'Expecting value'],
])('%j is broken at %i: %s', (text, position, message) => {
  expect(locateJsonError(text)).toEqual({ position, message })
})

test('a fault is found in every text that is not JSON, inside of it, and its cause is never quoted', () => {
  const json = fc.json().chain((valid) =>
    fc
      .record({
        at: fc.nat(valid.length),
        removed: fc.nat(3),
        added: fc.constantFrom('', ',', ':', '}', ']', '"', '\\', '1', 'x', '{', '[', '\u0001'),
      })
      .map(({ at, removed, added }) => valid.slice(0, at) + added + valid.slice(at + removed)),
  )
  fc.assert(
    fc.property(json, (text) => {
      fc.pre(!isJson(text))
      const { position, message } = locateJsonError(text)
      expect(position).toBeGreaterThanOrEqual(0)
      expect(position).toBeLessThanOrEqual(text.length)
      expect(message).toMatch(/^(Expecting|Unterminated|Invalid|Extra) [a-z',: ]+$/)
    }),
    { numRuns: 2000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
