import { expect, test } from 'vitest'
import { AuthorizationError } from './authorization-error.ts'
import { boundKey, pushedParameters, pushedReference, pushedRequestPrefix } from './pushed-request.ts'

const reference = `${pushedRequestPrefix}abc`

test('what is kept of a push is the request, without the credentials of the client', () => {
  const sent = [['client_id', 'web'], ['client_secret', 's'], ['client_assertion', 'j'], ['client_assertion_type', 't'], ['scope', 'read'], ['resource', 'a'], ['resource', 'b'], ['foo', 'bar']] as const // prettier-ignore
  expect(pushedParameters(sent)).toEqual([['client_id', 'web'], ['scope', 'read'], ['resource', 'a'], ['resource', 'b'], ['foo', 'bar']]) // prettier-ignore
})

test('SECURITY 95: a reference within a push is refused, also an empty one', () => {
  for (const request_uri of [reference, 'https://web.test/request', '']) {
    expect(() => pushedParameters([['request_uri', request_uri]])).toThrow(expect.objectContaining({ code: 'invalid_request' })) // prettier-ignore
  }
})

test('SECURITY 98: with a reference, nothing else that was sent counts', () => {
  const sent = [['client_id', 'web'], ['request_uri', reference], ['scope', 'admin'], ['redirect_uri', 'https://evil.test'], ['state', 'x'], ['state', 'y']] as const // prettier-ignore
  expect(pushedReference(sent)).toEqual({ clientId: 'web', requestUri: reference })
})

test('SECURITY 96: a reference without its client, or that is there twice, is a page error', () => {
  const bad = [
    [['request_uri', reference]],
    [['request_uri', reference], ['client_id', '']],
    [['request_uri', reference], ['client_id', 'a'], ['client_id', 'b']],
    [['request_uri', reference], ['request_uri', reference], ['client_id', 'web']],
    [['request_uri', `${reference}é`], ['client_id', 'web']],
    [['request_uri', `${reference}\0`], ['client_id', 'web']],
    [['request_uri', `${reference}${'x'.repeat(512)}`], ['client_id', 'web']],
  ] as const // prettier-ignore
  for (const sent of bad) {
    expect(() => pushedReference(sent), JSON.stringify(sent).slice(0, 80)).toThrow(AuthorizationError)
    expect(() => pushedReference(sent)).toThrow(expect.objectContaining({ target: undefined }))
  }
})

test('an address that is not ours is no reference: the request is refused by name where it is read', () => {
  for (const request_uri of ['https://web.test/request', 'urn:ietf:params:oauth:other:abc', '']) {
    expect(pushedReference([['client_id', 'web'], ['request_uri', request_uri]])).toBeUndefined() // prettier-ignore
  }
  expect(pushedReference([['client_id', 'web']])).toBeUndefined()
})

test('SECURITY 118, RFC 9449 §10.1: named and proven, the key is one', () => {
  expect(boundKey('a', 'a')).toBe('a')
  expect(boundKey('a', undefined)).toBe('a')
  expect(boundKey(undefined, 'a')).toBe('a')
  expect(boundKey(undefined, undefined)).toBeUndefined()
  expect(() => boundKey('a', 'b')).toThrow(expect.objectContaining({ code: 'invalid_dpop_proof' }))
})
