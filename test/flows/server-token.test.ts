/** The token endpoint itself: what it reads, what it refuses, and that nothing malformed breaks it. */

import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { basicHeader, expectRefusal, grantServer, otherSecret, webSecret } from '../setup/grant-server.ts'
import type { Form, GrantServer, Sent } from '../setup/grant-server.ts'

describe.each(dialects)('the token endpoint on %s', (dialect) => {
  let place: GrantServer
  let alice: string
  beforeAll(async () => {
    place = await grantServer(dialect)
    alice = await place.account()
  })

  /** That a code is as good as it was. */
  async function stillGood(form: Form): Promise<void> {
    const { status } = await place.post(form, { as: 'WEB' })
    expect(status).toBe(200)
  }

  test('SECURITY 41: only POST is served', async () => {
    const { form } = await place.authorize('WEB', alice)
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await place.post(form, { as: 'WEB', method })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toContain('POST')
    }
    await stillGood(form)
  })

  test('SECURITY 42, 65: a body of another kind is refused in JSON that nobody keeps', async () => {
    const { form } = await place.authorize('WEB', alice)
    const kinds = ['application/json', 'multipart/form-data; boundary=x', 'text/plain', 'x', '']
    for (const type of kinds) {
      const answer = await place.post(new URLSearchParams(form).toString(), {
        as: 'WEB',
        headers: { 'content-type': type },
      })
      expectRefusal(answer, 'invalid_request')
    }
    const large = await place.post(`grant_type=authorization_code&code=${'x'.repeat(100_000)}`, { as: 'WEB' })
    expect(large.status).toBe(413)
    expect(large.headers.get('content-type')).toMatch(/json/)
    expect(large.headers.get('cache-control')).toBe('no-store')
    await stillGood(form)
  })

  test('SECURITY 43: nothing is read from the URL', async () => {
    const { form } = await place.authorize('WEB', alice)
    const query = `/token?${new URLSearchParams({ ...form, client_id: 'WEB', client_secret: webSecret }).toString()}`
    expectRefusal(await place.post('', { path: query }), 'invalid_client', 401)
    expectRefusal(await place.post('', { path: query, as: 'WEB' }), 'invalid_request')
    await stillGood(form)
  })

  test('SECURITY 44: no parameter may come twice', async () => {
    const { form } = await place.authorize('WEB', alice)
    for (const name of Object.keys(form)) {
      const twice = `${new URLSearchParams(form).toString()}&${name}=${encodeURIComponent(form[name] ?? '')}`
      expectRefusal(await place.post(twice, { as: 'WEB' }), 'invalid_request')
    }
    expectRefusal(
      await place.post(`client_id=SPA&client_id=SPA&${new URLSearchParams(form).toString()}`),
      'invalid_request',
    )
    await stillGood(form)
  })

  test('SECURITY 46: a client that failed is told so with 401, and a challenge where it tried Basic', async () => {
    const form = { grant_type: 'client_credentials' }
    const wrong = await place.post(form, { authorization: basicHeader('WEB', otherSecret) })
    expectRefusal(wrong, 'invalid_client', 401)
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic realm="token"/)
    const body = await place.post({ ...form, client_id: 'POST', client_secret: webSecret })
    expectRefusal(body, 'invalid_client', 401)
    expect(body.headers.get('www-authenticate')).toBe(null)
  })

  test('SECURITY 47: unknown grants, implicit and the password grant do not exist', async () => {
    const others = [
      'password',
      'implicit',
      'x',
      'CLIENT_CREDENTIALS',
      'client_credentials ',
      'toString',
      '__proto__',
    ]
    for (const name of [...others, 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
      const form = { grant_type: name, username: 'alice', password: 'x' }
      expectRefusal(await place.post(form, { as: 'WEB' }), 'unsupported_grant_type')
    }
    expectRefusal(await place.post({ scope: 'read' }, { as: 'WEB' }), 'invalid_request')
    expectRefusal(await place.post({ grant_type: '' }, { as: 'WEB' }), 'invalid_request')
  })

  test('malformed requests by the hundred are refused, and none breaks anything', async () => {
    let count = 0
    for (const make of malformed()) {
      const { form } = await place.authorize('WEB', alice)
      const [body, sent = {}] = make(form)
      const { status, text, headers } = await place.post(body, { as: 'WEB', ...sent })
      expect([400, 401, 413]).toContain(status)
      expect(text).not.toContain('access_token')
      expect(headers.get('cache-control')).toBe('no-store')
      await stillGood(form)
      count += 1
    }
    expect(count).toBeGreaterThan(150)
  })
})

const hostile = [
  `Robert'); drop table gatewright_grants;--`,
  'é',
  '\u0000',
  '\ud800',
  '%00',
  '..%2f..',
  '{"$gt":""}',
  '[object Object]',
  'x'.repeat(5000),
  '\r\nset-cookie: a=b',
  '😀',
  ' ',
  'null',
  '-1',
  '1e999',
]

type Make = (good: Readonly<Record<string, string>>) => readonly [body: string, sent?: Sent]

function* malformed(): Generator<Make> {
  const encoded = (form: Readonly<Record<string, string>>): string => new URLSearchParams(form).toString()
  for (const name of ['grant_type', 'code', 'redirect_uri', 'code_verifier']) {
    for (const value of hostile) yield (good) => [encoded({ ...good, [name]: value })]
    // RFC 6749 §3.1: an empty parameter is a missing one; of these only the redirect URI may be missing.
    if (name !== 'redirect_uri') yield (good) => [encoded({ ...good, [name]: '' })]
  }
  for (const value of hostile) {
    for (const grant of ['refresh_token', 'authorization_code']) {
      yield () => [encoded({ grant_type: grant, refresh_token: value, code: value })]
    }
    yield () => [encoded({ grant_type: 'client_credentials', scope: `read ${value}` })]
    yield () => [encoded({ grant_type: 'client_credentials', resource: value })]
    yield (good) => [encoded({ ...good, client_id: value })]
    yield (good) => [encoded({ ...good, client_secret: value })]
    yield (good) => [encoded({ ...good, client_assertion: value })]
    yield (good) => [encoded({ ...good, client_id: `x${value}` }), { authorization: '' }]
  }
  for (const raw of [
    '%',
    '%zz=1',
    '&&&',
    '=',
    'grant_type',
    'grant_type=%ff%fe',
    'grant_type[]=a',
    '\u0000',
  ]) {
    yield () => [raw]
  }
  yield () => [Array.from({ length: 200 }, (_, index) => `p${index}=1`).join('&')]
  for (const authorization of [
    'Basic',
    'Basic ',
    'Basic !!!',
    'Basic V0VC',
    'Basic Og==',
    'Bearer x',
    'x',
    'Basic a b',
  ]) {
    yield (good) => [encoded(good), { authorization }]
  }
  for (const dpop of ['x', 'a.b.c', 'a, b', '..', 'x'.repeat(9000), 'e30.e30.e30']) {
    yield (good) => [encoded(good), { dpop }]
  }
}
