import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkRedirectUri, matchesRedirectUri, redirectUriShape } from './redirect-uri.ts'
import { RegistrationError } from './registration-error.ts'

const web = 'https://web.test/cb'

test('SECURITY 1: redirect URIs are compared as whole strings', () => {
  expect(matchesRedirectUri(web, web)).toBe(true)
  const others = [
    'https://web.test/cb?x=1', 'https://web.test/cb?', 'https://web.test/cb/', 'https://web.test/CB', 'https://web.test/c',
    'http://web.test/cb', 'HTTPS://web.test/cb', 'https://WEB.test/cb', 'https://web.test:443/cb', 'https://web.test:8443/cb',
    'https://web.test/cb/sub', 'https://web.test/', 'https://web.test', 'https://www.web.test/cb', 'https://test/cb',
    'https://web.test/%63b', 'https://web.test/cb#', 'https://web.test/cb#x', ' https://web.test/cb', 'https://web.test/cb ', '',
  ] // prettier-ignore
  for (const other of others) {
    expect(matchesRedirectUri(web, other), other).toBe(false)
    expect(matchesRedirectUri(other, web), other).toBe(false)
  }
})

const tricks = [
  'https://web.test@evil.test/cb', 'https://evil.test#@web.test/cb', 'https://web.test\\.evil.test/cb', 'https:\\\\web.test/cb',
  'https://web.test/cb/..;/x', 'https://web.test/./cb', 'https://web.test/x/../cb', 'https://web.test/%2e%2e/cb', 'https://web.test/.%2E/cb',
  'https://web.test/c\tb', 'https://web.test/c\nb', '\nhttps://web.test/cb', 'https://web.test/cb\n', 'https://web．test/cb', 'https://web。test/cb',
  'https://wеb.test/cb', 'https://web.test\0.evil.test/cb', 'https://web.test/cb\0', 'https://web.test%2f@evil.test/cb', 'https://web.test:@evil.test/cb',
  'https:/web.test/cb', 'https:web.test/cb', 'https:///web.test/cb', '//web.test/cb', '/cb', 'web.test/cb', 'https://web.test/%', 'https://web.test/%zz',
  'https://web.test/<cb>', 'https://web.test/"cb"', 'https://web.test/c b', 'https://web.test/{cb}', 'https://web.test/a|b', 'https://web.test/`', 'https://web.test/é',
  'https://[::1/cb', 'https://web.test:99999/cb', 'https://2130706433/cb', 'https://127.1/cb', 'https://0x7f.0.0.1/cb',
] // prettier-ignore

test('SECURITY 2: what two parsers could read in two ways is neither registered nor matched', () => {
  for (const uri of tricks) {
    expect(redirectUriShape(uri), JSON.stringify(uri)).toBeUndefined()
    expect(matchesRedirectUri(web, uri), JSON.stringify(uri)).toBe(false)
  }
})

test('SECURITY 5: on the own computer only the port may vary', () => {
  const free = ['http://127.0.0.1:51004/cb', 'http://127.0.0.1/cb', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:65535/cb', 'http://127.0.0.1:80/cb'] // prettier-ignore
  for (const registered of ['http://127.0.0.1/cb', 'http://127.0.0.1:3000/cb']) {
    for (const presented of free) expect(matchesRedirectUri(registered, presented), presented).toBe(true)
  }
  expect(matchesRedirectUri('http://[::1]/cb', 'http://[::1]:9/cb')).toBe(true)
  const others = [
    'http://127.0.0.1:9/other', 'http://127.0.0.1:9/cb/', 'http://127.0.0.1:9/cb?x', 'http://127.0.0.1:9/cb#x', 'http://127.0.0.1:9', 'https://127.0.0.1:9/cb',
    'http://127.0.0.1.evil.test:1/cb', 'http://127.1:9/cb', 'http://2130706433:9/cb', 'http://0x7f000001:9/cb', 'http://127.0.0.2:9/cb', 'http://127.0.0.01:9/cb',
    'http://127.0.0.1:/cb', 'http://127.0.0.1:0/cb', 'http://127.0.0.1:09/cb', 'http://127.0.0.1:65536/cb', 'http://127.0.0.1:9x/cb', 'http://127.0.0.1:9@evil.test/cb',
    'http://127.0.0.1:9\\@evil.test/cb', 'http://user@127.0.0.1:9/cb', 'http://localhost:9/cb', 'http://[::1]:9/cb', 'http://[::ffff:127.0.0.1]:9/cb', 'HTTP://127.0.0.1:9/cb',
    'http://127.0.0.1:9/./cb', 'http://127.0.0.1:9//cb', 'http://127.0.0.1:9/%63b', 'http://127.0.0.1:9:9/cb', 'http://127.0.0.1:٩/cb', 'http://127.0.0.1:9/cb\n', 'http://evil.test:9/cb', 'xhttp://127.0.0.1:9/cb', 'evil:http://127.0.0.1:9/cb',
  ] // prettier-ignore
  for (const other of others) expect(matchesRedirectUri('http://127.0.0.1/cb', other), other).toBe(false)
})

test('SECURITY 5: a host that is not this computer has the port that was registered', () => {
  expect(matchesRedirectUri('https://web.test:8443/cb', 'https://web.test:8444/cb')).toBe(false)
  expect(matchesRedirectUri('http://web.test/cb', 'http://web.test:8080/cb')).toBe(false)
})

test('SECURITY 6, 150: a program on this computer may be redirected to for a native client only', () => {
  const shapes = {
    'http://127.0.0.1/cb': 'loopback', 'http://[::1]:8080/cb': 'loopback', 'http://127.0.0.1': 'loopback', 'http://127.0.0.1/': 'loopback',
    'http://localhost/cb': 'localhost', 'http://localhost:9/cb': 'localhost',
    'com.example.app:/cb': 'private-use', 'com.example.app://cb/x?y=1': 'private-use',
  } as const // prettier-ignore
  for (const [uri, shape] of Object.entries(shapes)) {
    expect(checkRedirectUri(uri, { applicationType: 'native' }), uri).toBe(shape)
    expect(() => checkRedirectUri(uri, { applicationType: 'web' }), uri).toThrow(RegistrationError)
  }
  expect(matchesRedirectUri('http://localhost/cb', 'http://localhost:9/cb')).toBe(true)
  expect(matchesRedirectUri('http://localhost/cb', 'http://127.0.0.1:9/cb')).toBe(false)
  expect(matchesRedirectUri('com.example.app:/cb', 'com.example.app:/CB')).toBe(false)
})

test('both kinds of client may register https, in its plainest spelling', () => {
  for (const uri of [web, 'https://web.test', 'https://web.test/', 'https://web.test?x=1', 'https://web.test/cb?t=1&u=%20', 'https://web.test:8443/cb', 'https://xn--bcher-kva.test/cb', 'https://localhost:8443/cb', 'https://web.test/a;b,c(d)!~@e']) {
    for (const applicationType of ['web', 'native'] as const) {
      expect(checkRedirectUri(uri, { applicationType }), uri).toBe('https')
    }
  } // prettier-ignore
})

test('SECURITY 7, 8, 142: shapes that nobody may register', () => {
  const refused = [
    'javascript:alert(1)', ' JavaScript:alert(1)', 'JAVASCRIPT://web.test/%0aalert(1)', 'java\tscript:alert(1)', 'data:text/html,x', 'data:text/html;base64,PHNjcmlwdD4=',
    'vbscript:x', 'blob:https://web.test/x', 'file:///etc/passwd', 'about:blank', 'view-source:https://web.test', 'ws://web.test/', 'ftp://web.test/', 'intent://x#Intent;end',
    'mailto:a@web.test', 'urn:ietf:wg:oauth:2.0:oob', 'tel:1', 'http://web.test/cb', 'http://10.0.0.1/cb', 'http://0.0.0.0/cb', 'http://localhost.evil.test/cb',
    'https://*.web.test/cb', 'https://web.test/*', 'com.example.app:/*', 'https://user@web.test/cb', 'https://user:pass@web.test/cb', 'https://@web.test/cb', 'http://user@127.0.0.1/cb',
    'https://web.test/cb#x', 'https://web.test/cb#', 'com.example.app:/cb#x', 'http://127.0.0.1/cb#x', 'cursor://cb', 'myapp:/cb', 'myapp:cb', 'com.example.app:cb', 'com.example.app:', 'com.example.app:////cb',
    'Com.Example.App:/cb', '.app:/cb', 'com.:/cb', 'com.example.app://user@host/cb', 'com.example.app:/../cb', 'http://127.0.0.1/../cb', `https://web.test/${'a'.repeat(2048)}`, '',
  ] // prettier-ignore
  for (const uri of refused) {
    for (const applicationType of ['web', 'native'] as const) {
      expect(() => checkRedirectUri(uri, { applicationType }), uri).toThrow(expect.objectContaining({ code: 'invalid_redirect_uri' })) // prettier-ignore
    }
  }
})

test('whatever is registered, the URL parser reads it as the same address without a user and a fragment', () => {
  const piece = fc.constantFrom('https', 'http', '://', ':', '/', '\\', '@', '#', '?', '.', '..', '%2e', '%', 'web.test', '127.0.0.1', 'localhost', '[::1]', ':80', ':443', ' ', '\t', 'é', 'A', 'com.app', '*') // prettier-ignore
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      (uri) => {
        const shape = redirectUriShape(uri)
        if (shape === undefined) return
        const url = new URL(uri)
        expect([url.username, url.password, url.hash]).toEqual(['', '', ''])
        expect(url.protocol).toBe({ https: 'https:', loopback: 'http:', localhost: 'http:', 'private-use': url.protocol }[shape]) // prettier-ignore
        if (shape !== 'private-use') expect(url.href.replace(/^([a-z]+:\/\/[^/?]+)\//, '$1')).toBe(uri.replace(/^([a-z]+:\/\/[^/?]+)\//, '$1')) // prettier-ignore
      },
    ),
    { numRuns: 5000 },
  )
})

test('whatever is presented, it matches only as the same string, or on this computer with another port', () => {
  const host = fc.constantFrom('http://127.0.0.1', 'http://[::1]', 'http://localhost', 'https://127.0.0.1', 'http://127.0.0.1.evil.test', 'http://web.test') // prettier-ignore
  const port = fc.constantFrom('', ':1', ':80', ':65535', ':65536', ':', ':0', ':1@evil.test')
  const rest = fc.constantFrom('', '/', '/cb', '/cb?x', '/cb/', '@evil.test/cb', '#x', '\n')
  const uri = fc.tuple(host, port, rest).map((parts) => parts.join(''))
  fc.assert(
    fc.property(uri, uri, (registered, presented) => {
      if (redirectUriShape(registered) === undefined || !matchesRedirectUri(registered, presented)) return
      if (registered === presented) return
      const [ours, theirs] = [new URL(registered), new URL(presented)]
      expect(theirs.protocol).toBe('http:')
      expect(['127.0.0.1', '[::1]', 'localhost']).toContain(theirs.hostname)
      ours.port = ''
      theirs.port = ''
      expect(theirs.href).toBe(ours.href)
    }),
    { numRuns: 5000 },
  )
})
