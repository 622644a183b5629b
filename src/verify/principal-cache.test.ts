import { expect, test } from 'vitest'
import { cacheKey, principalCache } from './principal-cache.ts'

test('SECURITY 189: a token is found under the whole of it and nothing less', () => {
  const cache = principalCache<string>({ size: 10, maxAge: 60 })
  cache.set(cacheKey('head.alice.signature'), 'alice', 0)
  cache.set(cacheKey('head.bob.signature'), 'bob', 0)
  expect(cache.get(cacheKey('head.alice.signature'), 0)).toBe('alice')
  expect(cache.get(cacheKey('head.bob.signature'), 0)).toBe('bob')
  for (const other of [
    'head.alice.signatur',
    'signature',
    'head.alice.signature ',
    '',
    'head.carol.signature',
  ]) {
    expect(cache.get(cacheKey(other), 0)).toBeUndefined()
  }
})

test('nothing is believed longer than the age says', () => {
  const cache = principalCache<string>({ size: 10, maxAge: 60 })
  cache.set(cacheKey('token'), 'alice', 1000)
  expect(cache.get(cacheKey('token'), 60_999)).toBe('alice')
  expect(cache.get(cacheKey('token'), 61_000)).toBeUndefined()
  expect(cache.size).toBe(0)
})

test('SECURITY R17: the oldest makes room for the newest, and there are never more than the size', () => {
  const cache = principalCache<number>({ size: 3, maxAge: 60 })
  for (let token = 0; token < 100; token++) {
    cache.set(cacheKey(String(token)), token, 0)
    expect(cache.size).toBeLessThanOrEqual(3)
  }
  expect([96, 97, 98, 99].map((token) => cache.get(cacheKey(String(token)), 0))).toEqual([
    undefined,
    97,
    98,
    99,
  ])
  cache.set(cacheKey('97'), 97, 0)
  expect([97, 98, 99].map((token) => cache.get(cacheKey(String(token)), 0))).toEqual([97, 98, 99])
})

test('what was deleted or cleared is gone, and a size of 0 keeps nothing', () => {
  const cache = principalCache<string>({ size: 3, maxAge: 60 })
  for (const token of ['a', 'b', 'c']) cache.set(cacheKey(token), token, 0)
  cache.delete(cacheKey('b'))
  expect(['a', 'b', 'c'].map((token) => cache.get(cacheKey(token), 0))).toEqual(['a', undefined, 'c'])
  cache.clear()
  expect(['a', 'b', 'c'].map((token) => cache.get(cacheKey(token), 0))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  const none = principalCache<string>({ size: 0, maxAge: 60 })
  none.set(cacheKey('a'), 'a', 0)
  expect([none.get(cacheKey('a'), 0), none.size]).toEqual([undefined, 0])
})
