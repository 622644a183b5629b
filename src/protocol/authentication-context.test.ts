/** Which methods make which class, and which class satisfies which request. */

import { expect, test } from 'vitest'
import {
  acrOf,
  canReach,
  combinedMethods,
  contextIn,
  reaches,
  requestedClass,
  requestedClasses,
  toldClass,
} from './authentication-context.ts'

const [one, two, resistant] = ['urn:gatewright:acr:1fa', 'urn:gatewright:acr:2fa', 'phr'] as const

test.each([
  [[], one],
  [['pwd'], one],
  [['otp'], one],
  [['pop', 'user'], one],
  [['pwd', 'otp'], two],
  [['otp', 'mfa'], two],
  [['pwd', 'pop'], resistant],
  [['pop', 'user', 'mfa'], resistant],
  [['hwk', 'mfa'], resistant],
  [['anything', 'else'], one],
] as const)('%j is %s', (methods, acr) => {
  expect(acrOf(methods)).toBe(acr)
})

test('two steps of a login are told as two methods, and as mfa', () => {
  expect(combinedMethods(['pwd'], ['otp'])).toEqual(['pwd', 'otp', 'mfa'])
  expect(combinedMethods(['pwd', 'otp', 'mfa'], ['pop', 'user'])).toEqual([
    'pwd',
    'otp',
    'mfa',
    'pop',
    'user',
  ])
  expect(combinedMethods(['pwd'], ['pwd'])).toEqual(['pwd'])
})

test('a request is content with the weakest class that it names, and unknown ones ask for nothing', () => {
  expect(requestedClass([resistant, two])).toBe(two)
  expect(requestedClass(['https://elsewhere.test/gold', resistant])).toBe(resistant)
  expect(requestedClass(['https://elsewhere.test/gold'])).toBeUndefined()
  expect(reaches(two, resistant)).toBe(false)
  expect(reaches(resistant, two)).toBe(true)
  expect(canReach(['totp'], resistant)).toBe(false)
  expect(canReach([], one)).toBe(true)
})

test('OpenID Connect Core §5.5.1.1: an essential class is reached or nothing is issued, a voluntary one asks for what it can', () => {
  const essential = (...values: string[]) => ({
    acrValues: [],
    claims: { acr: { values, isEssential: true } },
  })
  expect(requestedClasses({ acrValues: [] })).toEqual([])
  expect(
    requestedClasses({ acrValues: ['gold'], claims: { acr: { values: ['gold'], isEssential: false } } }),
  ).toEqual([])
  expect(requestedClasses(essential())).toEqual([])
  expect(requestedClasses(essential('gold'))).toBeUndefined()
  expect(requestedClasses(essential('gold', two))).toEqual([two])
  expect(requestedClasses({ ...essential(two), acrValues: [resistant] })).toEqual([resistant, two])
})

test('a token names the class in the words of whoever asked for it', () => {
  const key = ['pwd', 'pop', 'mfa']
  expect(toldClass(key, { acrValues: [] })).toBe(resistant)
  expect(toldClass(key, { acrValues: [one, two] })).toBe(two)
  expect(toldClass(key, { acrValues: ['gold'] })).toBe(resistant)
  expect(toldClass(['pwd'], { acrValues: [two] })).toBe(one)
  const claims = { acr: { values: [two], isEssential: true } }
  expect(toldClass(key, { acrValues: [resistant], claims })).toBe(two)
})

test('what is not of the right kind was not written by us, and is not told', () => {
  expect(contextIn({ acr: 'a', amr: ['pwd', 1], sub: 'alice' })).toEqual({ acr: 'a', amr: ['pwd'] })
  expect(contextIn({ acr: 1, amr: 'pwd' })).toEqual({})
  expect(contextIn(undefined)).toEqual({})
})
