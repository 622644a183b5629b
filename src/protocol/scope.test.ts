import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatScope, grantedScopes, isScopeToken, parseScope } from './scope.ts'

test('RFC 6749 §3.3: a scope is words of visible ASCII with one space between them', () => {
  expect(parseScope('read')).toEqual(['read'])
  expect(parseScope('items:read https://api.test/write !#[]~')).toEqual([
    'items:read',
    'https://api.test/write',
    '!#[]~',
  ])
  expect(parseScope('a b a')).toEqual(['a', 'b'])
  for (const scope of [
    '',
    ' ',
    'a  b',
    ' a',
    'a ',
    'a\tb',
    'a\nb',
    'a"',
    'a\\',
    'é',
    'a\u00a0b',
    'a\0',
    'a\x7f',
  ]) {
    expect(parseScope(scope), JSON.stringify(scope)).toBeUndefined()
  }
})

test('SECURITY 182: words are whole and told apart by case; no other space divides them', () => {
  expect(grantedScopes('Read readwrite')).toEqual(['Read', 'readwrite'])
  for (const space of ['\u00a0', '\t', '\n', '\u2003', '\u3000', ',', '+']) {
    expect(grantedScopes(`read${space}write`)).not.toContain('write')
  }
  expect(grantedScopes('  a   b "x" ')).toEqual(['a', 'b'])
  expect(grantedScopes('')).toEqual([])
})

test('words that are joined come apart again', () => {
  const word = fc.stringMatching(/^[!#-[\]-~]{1,12}$/)
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 1 }), (words) => {
      expect(words.every(isScopeToken)).toBe(true)
      expect(parseScope(formatScope(words))).toEqual(words)
      expect(grantedScopes(formatScope(words))).toEqual(words)
    }),
  )
})
