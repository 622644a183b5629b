import { expect, test } from 'vitest'
import { crossSite, csrfToken, isCsrfToken } from './csrf.ts'

const allowed = ['https://app.example.com']

function request(headers: Record<string, string>, method = 'POST'): Request {
  return new Request('https://api.example.com/x', { method, headers })
}

test.each([
  [{ 'sec-fetch-site': 'same-origin' }],
  [{ 'sec-fetch-site': 'same-origin', origin: 'https://api.example.com' }],
  [{ 'sec-fetch-site': 'none' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }],
  [{ origin: 'https://api.example.com' }],
  [{ origin: 'https://app.example.com' }],
  [{}],
])('a POST with %j is from our own site', (headers) => {
  expect(crossSite(request(headers), allowed)).toBe(false)
})

test.each([
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' }],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://api.example.com' }],
  [{ 'sec-fetch-site': 'nonsense' }],
  [{ origin: 'https://evil.example' }],
  [{ origin: 'null' }],
  [{ origin: 'http://api.example.com' }],
  [{ origin: 'https://api.example.com:8443' }],
  [{ origin: 'https://api.example.com.evil.example' }],
  [{ origin: 'https://app.example.com/' }],
  [{ origin: 'HTTPS://APP.EXAMPLE.COM' }],
  [{ origin: '' }],
])('SECURITY 202: a POST with %j is from another site', (headers) => {
  expect(crossSite(request(headers), allowed)).toBe(true)
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'])(
  'SECURITY 203: %s is judged, whatever its media type',
  (method) => {
    for (const type of ['text/plain', 'application/json', '']) {
      expect(crossSite(request({ 'sec-fetch-site': 'cross-site', 'content-type': type }, method), [])).toBe(
        true,
      )
    }
  },
)

test.each(['GET', 'HEAD', 'OPTIONS'])('%s changes nothing and is not judged', (method) => {
  expect(
    crossSite(request({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, method), []),
  ).toBe(false)
})

test('a WebSocket handshake is judged: what it opens carries the identity of the cookie', () => {
  const handshake = { upgrade: 'WebSocket', origin: 'https://evil.example' }
  expect(crossSite(request(handshake, 'GET'), allowed)).toBe(true)
  expect(crossSite(request({ ...handshake, origin: 'https://app.example.com' }, 'GET'), allowed)).toBe(false)
})

test('a request that says nothing is refused only when asked to be strict', () => {
  expect(crossSite(request({}), allowed)).toBe(false)
  expect(crossSite(request({}), allowed, { strict: true })).toBe(true)
  expect(crossSite(request({ origin: 'https://app.example.com' }), allowed, { strict: true })).toBe(false)
})

const secret = 'a secret of at least thirty-two bytes'

test('a token is good for its session and differs each time', () => {
  const [one, two] = [csrfToken(secret, 'session'), csrfToken(secret, 'session')]
  expect(one).not.toBe(two)
  expect(isCsrfToken(secret, 'session', one)).toBe(true)
  expect(isCsrfToken(secret, 'session', two)).toBe(true)
})

test('SECURITY 202: a token of another session, another secret, or changed in any place is not good', () => {
  const token = csrfToken(secret, 'session')
  expect(isCsrfToken(secret, 'session2', token)).toBe(false)
  expect(isCsrfToken(`${secret}!`, 'session', token)).toBe(false)
  // the last character of each half holds bits that say nothing, so it is not changed here
  for (let at = 0; at < token.length - 1; at++) {
    if (at === 21) continue
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    expect(isCsrfToken(secret, 'session', changed)).toBe(false)
  }
})

test.each([
  undefined,
  null,
  '',
  'x',
  '.',
  'A'.repeat(66),
  `${'A'.repeat(22)}.${'A'.repeat(43)}`,
  'x'.repeat(100_000),
])('SECURITY 202: %j is no token', (presented) => {
  expect(isCsrfToken(secret, 'session', presented)).toBe(false)
})

test('a secret that can be guessed is refused', () => {
  expect(() => csrfToken('short', 'session')).toThrow('at least 32 bytes')
})
