import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OAuthError } from './oauth-error.ts'
import { canonicalResource, grantedResources, isResourceIndicator } from './resource-indicator.ts'

const allowed = ['https://a.test', 'https://b.test/v1', 'urn:example:c']

test('RFC 8707 §2: a resource is an absolute URI without a fragment', () => {
  for (const good of [...allowed, 'https://a.test/', 'HTTPS://A.test', 'https://a.test:8443/x?y=z', 'urn:https:x', 'http://localhost:3000/mcp', 'api://items']) {
    expect(isResourceIndicator(good), good).toBe(true)
  } // prettier-ignore
  const bad = ['', 'a', '/v1', '//a.test', 'https:', 'https://', 'https:a.test', 'https:a?https://b', 'https:///a.test', 'https:\\\\a.test', 'https://a.test#', 'https://a.test/#x', 'https://a.test/ x', 'https://a.test/\n', 'https://é.test', 'https://a.test/"', 'https://a.test/\0', 'https://user@a.test', 'https://:p@a.test', '1x:y', ':x', 'urn:', `https://a.test/${'x'.repeat(2048)}`] // prettier-ignore
  for (const uri of bad) {
    expect(isResourceIndicator(uri), uri.slice(0, 60)).toBe(false)
    expect(() => grantedResources([uri], [...allowed, uri]), uri.slice(0, 60)).toThrow(OAuthError)
  }
})

test('SECURITY 57, 73: a request may narrow, and not widen', () => {
  expect(grantedResources([], allowed)).toEqual(allowed)
  expect(grantedResources(['https://b.test/v1'], allowed)).toEqual(['https://b.test/v1'])
  expect(grantedResources(['urn:example:c', 'https://a.test', 'https://a.test'], allowed)).toEqual(['https://a.test', 'urn:example:c']) // prettier-ignore
  for (const more of [['https://c.test'], ['https://a.test', 'https://c.test'], ['https://b.test'], ['https://b.test/v1/'], ['https://b.test/V1'], ['https://b.test/v1/x'], ['https://a.test:8443'], ['http://a.test'], ['URN:example:c']]) {
    expect(() => grantedResources(more, allowed), String(more)).toThrow(expect.objectContaining({ code: 'invalid_target' }))
  } // prettier-ignore
  expect(() => grantedResources(['https://a.test'], [])).toThrow(OAuthError)
})

test('MCP: a bare origin is the same with and without its slash, and in upper case', () => {
  for (const same of ['https://a.test', 'https://a.test/', 'HTTPS://A.TEST', 'https://A.test/']) {
    expect(canonicalResource(same)).toBe('https://a.test')
    expect(grantedResources([same], allowed)).toEqual(['https://a.test'])
    expect(grantedResources(['https://a.test'], [same])).toEqual([same])
  }
  expect(canonicalResource('https://a.test/Path/')).toBe('https://a.test/Path/')
  expect(canonicalResource('https://a.test?X')).toBe('https://a.test?X')
  expect(canonicalResource('x:https://A.test/')).toBe('x:https://A.test/')
})

test('there is an end to how many may be asked for', () => {
  const many = Array.from({ length: 33 }, () => 'https://a.test')
  expect(() => grantedResources(many, allowed)).toThrow('too many')
})

test('whatever is requested, nothing is granted that was not allowed', () => {
  const uri = fc.constantFrom(...allowed, 'https://A.test/', 'https://c.test', 'https://a.test/x', 'x', '')
  fc.assert(
    fc.property(fc.array(uri), fc.subarray(allowed), (requested, granted) => {
      let result: readonly string[] = []
      try {
        result = grantedResources(requested, granted)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
      }
      for (const resource of result) expect(granted).toContain(resource)
    }),
  )
})
