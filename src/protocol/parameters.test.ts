import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OAuthError } from './oauth-error.ts'
import { needed, sortParameters, strictParameters } from './parameters.ts'

test('SECURITY 17: an empty value counts as absent', () => {
  const sent = strictParameters([['state', ''], ['scope', ''], ['scope', 'read']]) // prettier-ignore
  expect(sent.one('state')).toBeUndefined()
  expect(sent.one('scope')).toBe('read')
})

test('SECURITY 16, 44: a parameter that is there twice has no value at all: neither the first nor the last wins', () => {
  const pairs = [['code', 'first'], ['code', 'last']] as const // prettier-ignore
  expect(sortParameters(pairs).one('code')).toBeUndefined()
  expect([...sortParameters(pairs).repeated]).toEqual(['code'])
  expect(() => strictParameters(pairs)).toThrow(new OAuthError('invalid_request', 'The parameter code is there more than once')) // prettier-ignore
  expect(() => strictParameters([['code', 'same'], ['code', 'same']])).toThrow(OAuthError) // prettier-ignore
})

test('RFC 8707 §2: `resource` may come more than once where that was said', () => {
  const sent = strictParameters([['resource', 'https://a.test'], ['resource', 'https://b.test']], new Set(['resource'])) // prettier-ignore
  expect(sent.all('resource')).toEqual(['https://a.test', 'https://b.test'])
  expect(sent.all('other')).toEqual([])
})

test('what no database keeps as it is, is refused before it gets there', () => {
  for (const value of ['a\0b', '\0', 'half \ud83d', '\udc00']) {
    expect(() => strictParameters([['client_id', value]]), JSON.stringify(value)).toThrow('is no text')
  }
  expect(strictParameters([['state', 'a\n"%+& 😀 é']]).one('state')).toBe('a\n"%+& 😀 é')
})

test('names are data: no name reaches what every object inherits', () => {
  const sent = strictParameters([['__proto__', 'x'], ['constructor', 'y']]) // prettier-ignore
  expect(sent.one('__proto__')).toBe('x')
  expect(sent.one('toString')).toBeUndefined()
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('a description repeats a name only if it looks like one', () => {
  for (const name of ['<script>alert(1)</script>', '<x', 'x<', 'x\n', 'x'.repeat(41)]) {
    expect(() => strictParameters([[name, '1'], [name, '2']]), name).toThrow(/^A parameter is there more than once$/) // prettier-ignore
  }
})

test('a parameter that is needed and missing is named', () => {
  expect(() => needed(strictParameters([['code', '']]), 'code')).toThrow('The parameter code is missing')
  expect(needed(strictParameters([['code', 'x']]), 'code')).toBe('x')
})

test('whatever is sent, a name has one value or none', () => {
  const pairs = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', '1', '2')))
  fc.assert(
    fc.property(pairs, (sent) => {
      const sorted = sortParameters(sent)
      for (const name of ['a', 'b', 'c']) {
        const values = sent.filter(([key, value]) => key === name && value !== '').map(([, value]) => value)
        expect(sorted.one(name)).toBe(values.length === 1 ? values[0] : undefined)
        expect(sorted.repeated.has(name)).toBe(values.length > 1)
      }
    }),
  )
})
