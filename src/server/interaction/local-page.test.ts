/** Tests of where a login may lead. */

import { expect, test } from 'vitest'
import { localPage } from './local-page.ts'

test('pages of this server are led to, with their query', () => {
  for (const path of [
    '/account',
    '/account/email',
    '/device?user_code=BCDF-GHJK',
    '/admin/users?after=x%20y',
  ]) {
    expect(localPage(path), path).toBe(path)
  }
})

test('SECURITY 251, 259: nothing else is, however it is written', () => {
  const attempts = [
    undefined, '', '/', '//evil.test', '/\\evil.test', '\\\\evil.test', '/%2f/evil.test', 'https://evil.test',
    'https:evil.test', 'javascript:alert(1)', '/account/../login', '/account/..//evil.test', '/account#x', '/account\\..\\x',
    '/account\n', '/account\t', ' /account', '/account ', '/аccount', '/accounts', '/logout', '/login', '/authorize?x',
    '/account@evil.test', '//account', '/./account', '/account/%2e%2e/login', '.evil.test', '@evil.test', ':80/account',
    '/account?x=\u0000', '/account?x="><script>', `/account?${'x'.repeat(600)}`,
  ] // prettier-ignore
  for (const next of attempts) expect(localPage(next), String(next)).toBeUndefined()
})
