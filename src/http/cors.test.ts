import { expect, test } from 'vitest'
import { corsPolicy } from './cors.ts'

const origin = 'https://app.example.com'

function preflight(from: string, headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/x', {
    method: 'OPTIONS',
    headers: { origin: from, 'access-control-request-method': 'PUT', ...headers },
  })
}

test('a listed origin may read the answer and its challenge', () => {
  expect(corsPolicy({ origins: [origin] }).headersFor(origin)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'WWW-Authenticate',
    vary: 'Origin',
  })
})

test.each([
  'https://evil.example',
  'null',
  '',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'http://app.example.com',
  'https://app.example.com:444',
  'HTTPS://app.example.com',
])('SECURITY 192: the origin %j is never reflected', (from) => {
  const policy = corsPolicy({ origins: [origin], credentials: true })
  expect(policy.headersFor(from)).toEqual({ vary: 'Origin' })
  const answer = policy.preflight(preflight(from))
  expect([...(answer?.headers ?? [])]).toEqual([['vary', 'Origin']])
})

test('an answer to a request without an origin still says that it may differ', () => {
  expect(corsPolicy({ origins: [origin] }).headersFor(null)).toEqual({ vary: 'Origin' })
})

test('SECURITY 192: credentials are never shared with everybody', () => {
  expect(() => corsPolicy({ origins: '*', credentials: true })).toThrow('credentials cannot be shared')
  expect(corsPolicy({ origins: '*' }).headersFor('https://any.example')).toEqual({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'WWW-Authenticate',
  })
})

test('a predicate decides, but never for the origin null', () => {
  const policy = corsPolicy({
    origins: (from) => from.endsWith('.example.com') || from === 'null',
    credentials: true,
  })
  expect(policy.headersFor(origin)).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
  })
  expect(policy.headersFor('null')).toEqual({ vary: 'Origin' })
})

test('a preflight is answered with what may be sent, and for how long that holds', () => {
  const policy = corsPolicy({
    origins: [origin],
    methods: ['GET', 'PUT'],
    allowHeaders: ['X-One'],
    maxAge: 60,
  })
  const answer = policy.preflight(preflight(origin))
  expect(answer?.status).toBe(204)
  expect(Object.fromEntries(answer?.headers ?? [])).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, PUT',
    'access-control-allow-headers': 'X-One',
    'access-control-max-age': '60',
    vary: 'Origin',
  })
})

test('what is no preflight is left to the application', () => {
  const policy = corsPolicy({ origins: [origin] })
  expect(policy.preflight(new Request('http://localhost/', { headers: { origin } }))).toBeUndefined()
  expect(policy.preflight(new Request('http://localhost/', { method: 'OPTIONS' }))).toBeUndefined()
  expect(
    policy.preflight(new Request('http://localhost/', { method: 'OPTIONS', headers: { origin } })),
  ).toBeUndefined()
})

test.each([
  'app.example.com',
  'https://app.example.com/',
  'https://app.example.com/x',
  'https://*.example.com',
  '',
])('%j is not an origin, and says so at once', (wrong) => {
  expect(() => corsPolicy({ origins: [wrong] })).toThrow('is not an origin')
})
