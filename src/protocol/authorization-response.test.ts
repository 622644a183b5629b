import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthorizationError } from './authorization-error.ts'
import { codeResponse, errorResponse, responseLocation } from './authorization-response.ts'

const issuer = 'https://as.test'
const target = { redirectUri: 'https://web.test/cb', responseMode: 'query', state: 's' } as const

test('SECURITY 20: the issuer is in every answer, errors too', () => {
  expect(codeResponse(target, issuer, 'c')).toEqual([['code', 'c'], ['state', 's'], ['iss', issuer]]) // prettier-ignore
  const denied = new AuthorizationError('access_denied', 'The person said no', { target })
  expect(errorResponse(target, issuer, denied)).toEqual([
    ['error', 'access_denied'],
    ['error_description', 'The person said no'],
    ['state', 's'],
    ['iss', issuer],
  ])
})

test('SECURITY 19: the state comes back only if it was sent', () => {
  const { state: _none, ...stateless } = target
  expect(codeResponse(stateless, issuer, 'c').map(([name]) => name)).toEqual(['code', 'iss'])
})

test('SECURITY 39: a description has only the characters it may', () => {
  const error = { code: 'invalid_scope', message: 'a"b\\c\r\nLocation: x 😀' } as const
  expect(errorResponse(target, issuer, error)[1]).toEqual(['error_description', "a'b'c??Location: x ?"])
})

test('SECURITY 9: a registered query is kept, once and as it is', () => {
  const sent = codeResponse(target, issuer, 'c')
  const locations = {
    'https://web.test/cb?t=1': 'https://web.test/cb?t=1&code=c',
    'https://web.test/cb?t=%2f&T': 'https://web.test/cb?t=%2f&T&code=c',
    'https://web.test/cb?': 'https://web.test/cb?code=c',
    'https://web.test/cb?t=1&': 'https://web.test/cb?t=1&code=c',
    'https://web.test/cb': 'https://web.test/cb?code=c',
    'https://web.test': 'https://web.test?code=c',
    'com.example.app:/cb': 'com.example.app:/cb?code=c',
  }
  for (const [uri, start] of Object.entries(locations)) {
    expect(responseLocation(uri, sent)).toBe(`${start}&state=s&iss=https%3A%2F%2Fas.test`)
  }
})

test('SECURITY 19: whatever the state is, it is the same after decoding once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (state) => {
      const location = responseLocation(
        'https://web.test/cb?t=1',
        codeResponse({ ...target, state }, issuer, 'c'),
      )
      expect(location).toMatch(/^[\x21-\x7e]+$/)
      expect([...new URL(location).searchParams]).toEqual([['t', '1'], ['code', 'c'], ['state', state], ['iss', issuer]]) // prettier-ignore
      expect(new URL(location).hash).toBe('')
    }),
  )
})
