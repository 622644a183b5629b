/** Which methods make which class, and which class satisfies which request. */

import { expect, test } from 'vitest'
import { acrOf, canReach, combinedMethods, reaches, requestedClass } from './authentication-context.ts'

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
