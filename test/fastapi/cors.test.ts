/** FASTAPI A10: CORS stands outside of everything, so that a browser can read a refusal. */

import { api, HttpError, passwordBearer, path, query, response } from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'

const auth = passwordBearer({ tokenUrl: 'token', verify: (token) => (token === 'good' ? token : undefined) })
const origin = 'https://app.test'
const app = api({ cors: { origins: [origin], credentials: true }, guard: auth, report: () => undefined })
  .get('/', { n: query(z.number().optional()), response }, ({ response }) => {
    response.headers.set('vary', 'Accept')
    return 'in'
  })
  .get('/own', {}, () => new Response('own', { headers: { vary: 'Accept-Encoding' } }))
  .get('/error', {}, () => {
    throw new HttpError(409, 'no', { headers: { vary: 'Cookie' } })
  })
  .get('/boom', {}, () => {
    throw new Error('boom')
  })
  .get('/id/{id}', { id: path(z.string()) }, ({ id }) => id)

const good = { authorization: 'Bearer good' }

test('a preflight passes without credentials', async () => {
  const headers = { origin, 'access-control-request-method': 'GET' }
  const answer = await app.request('/', { method: 'OPTIONS', headers })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, origin])
  // an OPTIONS that is no preflight is a request like any other
  expect((await app.request('/', { method: 'OPTIONS', headers: { origin } })).status).toBe(401)
})

test.each([
  ['/', {}, 401],
  ['/', good, 200],
  ['/own', good, 200],
  ['/error', good, 409],
  ['/boom', good, 500],
  ['/?n=x', good, 422],
  ['/nowhere', good, 404],
  ['/id/%zz', good, 400],
  ['/docs', good, 200],
])('%s with %o answers %i, and the page may read it', async (target, headers, status) => {
  const answer = await app.request(target, { headers: { ...headers, origin } })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  expect(answer.headers.get('vary')).toContain('Origin')
})

test('SECURITY 192: another origin is never named', async () => {
  for (const stranger of ['https://evil.test', 'https://app.test.evil.test', 'null', 'https://APP.test']) {
    const answer = await app.request('/', { headers: { ...good, origin: stranger } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(null)
    expect(answer.headers.get('access-control-allow-credentials')).toBe(null)
  }
})

test("what the route says a cache must look at stays beside CORS's own", async () => {
  const vary = async (target: string) => {
    const answer = await app.request(target, { headers: { ...good, origin } })
    return answer.headers.get('vary')?.split(/, */).toSorted()
  }
  expect(await vary('/')).toEqual(['Accept', 'Origin'])
  expect(await vary('/own')).toEqual(['Accept-Encoding', 'Origin'])
  expect(await vary('/error')).toEqual(['Cookie', 'Origin'])
})
