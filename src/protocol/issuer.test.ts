import { expect, test } from 'vitest'
import { checkIssuer, endpointUrl } from './issuer.ts'

test('SECURITY 133: an issuer stays as it is written', () => {
  for (const issuer of ['https://as.test', 'https://as.test/', 'https://as.test/tenant', 'https://as.test/tenant/', 'https://as.test:8443/a/b', 'https://xn--bcher-kva.test']) {
    expect(checkIssuer(issuer)).toBe(issuer)
  } // prettier-ignore
})

test('RFC 8414 §2: https, without query and fragment', () => {
  const bad = [
    '', 'as.test', '/as', 'https:', 'https://', 'https:as.test', 'https:\\\\as.test', 'ftp://as.test', 'xhttps://as.test', 'x:https://as.test', 'HTTPS://as.test', ' https://as.test', 'https://as.test ', 'https://as.test\n',
    'https://as.test?', 'https://as.test?x', 'https://as.test#', 'https://as.test/#x', 'https://u@as.test', 'https://u:p@as.test', 'https://@as.test',
    'https://AS.test', 'https://as.test:443', 'https://as.test/./x', 'https://as.test/a/../b', 'https://as.test/%2e', 'https://as.test\\x', 'https://bücher.test', 'https://as.test/é', 'https://127.1', 'https://[::1',
  ] // prettier-ignore
  for (const issuer of bad) expect(() => checkIssuer(issuer), JSON.stringify(issuer)).toThrow(TypeError)
})

test('the mistake is named, with the way to write it', () => {
  expect(() => checkIssuer('https://AS.test:443/x')).toThrow('is to be written as https://as.test/x')
})

test('RFC 8414 §2: http is for this computer, or has to be asked for by its name', () => {
  for (const issuer of ['http://localhost:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000', 'http://auth.localhost:8000']) {
    expect(checkIssuer(issuer)).toBe(issuer)
  } // prettier-ignore
  for (const issuer of ['http://as.test', 'http://10.0.0.1', 'http://127.0.0.1.evil.test', 'http://localhost.evil.test', 'http://notlocalhost', 'http://0.0.0.0']) {
    expect(() => checkIssuer(issuer), issuer).toThrow('only a host on this computer')
    expect(checkIssuer(issuer, { dangerouslyAllowHttp: true })).toBe(issuer)
  } // prettier-ignore
  expect(() => checkIssuer('http://as.test?x', { dangerouslyAllowHttp: true })).toThrow(TypeError)
})

test('endpoints are below the issuer, with one slash between', () => {
  expect(endpointUrl('https://as.test', '/token')).toBe('https://as.test/token')
  expect(endpointUrl('https://as.test/', '/token')).toBe('https://as.test/token')
  expect(endpointUrl('https://as.test/t', '/token')).toBe('https://as.test/t/token')
})
