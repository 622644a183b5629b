import { expect, test } from 'vitest'
import { parseTokenLookup } from './token-lookup.ts'

test('SECURITY 124: a hint says where to look first, and never where not to', () => {
  const order = (hint?: string): readonly string[] =>
    parseTokenLookup([['token', 't'], ...(hint === undefined ? [] : [['token_type_hint', hint] as const])])
      .order
  expect(order()).toEqual(['access_token', 'refresh_token'])
  expect(order('access_token')).toEqual(['access_token', 'refresh_token'])
  expect(order('refresh_token')).toEqual(['refresh_token', 'access_token'])
  for (const hint of ['', 'id_token', 'x', 'REFRESH_TOKEN']) expect(order(hint).toSorted()).toEqual(['access_token', 'refresh_token']) // prettier-ignore
})

test('RFC 7009 §2.1: a token is needed, and comes once', () => {
  expect(parseTokenLookup([['token', 't'], ['client_id', 'x']]).token).toBe('t') // prettier-ignore
  for (const sent of [
    [],
    [['token', '']],
    [
      ['token', 'a'],
      ['token', 'b'],
    ],
    [['token', 'a\0']],
  ] as const) {
    expect(() => parseTokenLookup(sent)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  }
  expect(() => parseTokenLookup([['token', 't'], ['token_type_hint', 'a'], ['token_type_hint', 'b']])).toThrow() // prettier-ignore
})
