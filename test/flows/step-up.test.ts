/** RFC 9470: what an API demands of a login is enforced, told to the client and documented, whoever issues the tokens. */

import { anyOf, api, apiKey, dependency, json, openIdConnect, optional, override, router } from 'gatewright'
import { security, socket, stepUp } from 'gatewright'
import type { AccessToken, AnyDependency, Api, StepUp } from 'gatewright'
import { tokenGuard } from 'gatewright/verify'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { ForeignIssuer, Members } from '../setup/foreign-issuer.ts'
import { dialects } from '../setup/database.ts'
import { apiA, world } from './server-world.ts'

const scopes = { read: 'Read', write: 'Write' }

const quiet = { onRejected: () => undefined, report: () => undefined }

function schemeOf({ issuer, now }: ForeignIssuer) {
  return openIdConnect({ issuer, audience, scopes, now, ...quiet })
}

function withoutScopes({ issuer, now }: ForeignIssuer) {
  return openIdConnect({ issuer, audience, now, ...quiet })
}

async function call(
  app: Api,
  token: string | undefined,
  method = 'GET',
  path = '/',
): Promise<readonly [number, string | null]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await app.request(path, { method, headers })
  return [answer.status, answer.headers.get('www-authenticate')]
}

const challenge = (words: string, demand: string): string =>
  `Bearer error="insufficient_user_authentication", error_description="${words}", ${demand}`
const tooOld = 'This needs a more recent login'
const otherWay = 'This needs another way to log in'

test.each(dialects)(
  'RFC 9470 §3: bearer() of our own server, on %s: an old login is refused, a new one passes',
  async (dialect) => {
    const place = await world(dialect)
    const auth = place.server.bearer({ audience: apiA })
    const done: string[] = []
    const currentUser = dependency({ token: auth }, ({ token }) => token.subject)
    const app = api()
      .get('/', { user: currentUser }, ({ user }) => user)
      .delete('/', { user: stepUp(security(currentUser, ['write']), { maxAge: 300 }) }, ({ user }) => {
        done.push(user)
        return 'gone'
      })
    const demand = `max_age="300", scope="write", resource_metadata="${apiA}/.well-known/oauth-protected-resource"`
    const { access_token: token, refresh_token: refresh } = await place.tokens('web')
    place.clock.now += 250_000
    expect((await call(app, token, 'DELETE'))[0]).toBe(200)
    expect(done).toEqual([place.alice])
    place.clock.now += 81_000
    // A refreshed token is new, and its login is as old as before.
    const again = (await (await place.refresh('web', refresh)).json()) as { readonly access_token: string }
    expect((await call(app, again.access_token))[0]).toBe(200)
    expect(await call(app, again.access_token, 'DELETE')).toEqual([401, challenge(tooOld, demand)])
    expect(done).toEqual([place.alice])
    // Nobody has logged in for a machine.
    const answer = await place.post('/token', { grant_type: 'client_credentials', resource: apiA }, 'machine')
    const machine = (await answer.json()) as { readonly access_token: string }
    expect(await call(app, machine.access_token, 'DELETE')).toEqual([401, challenge(tooOld, demand)])
    const { access_token: anew } = await place.tokens('web')
    expect((await call(app, anew, 'DELETE'))[0]).toBe(200)
    expect(done).toEqual([place.alice, place.alice])
  },
)

test('SECURITY 194: bearer() holds `acr` against what is demanded', async () => {
  const place = await world('sqlite')
  const app = api().get('/', { token: stepUp(place.server.bearer(), { acr: ['phr'] }) }, () => 'in')
  const { access_token: token } = await place.tokens('web')
  const [status, words] = await call(app, token)
  expect([status, words]).toEqual([401, expect.stringContaining(challenge(otherWay, 'acr_values="phr"'))])
})

test('demands add up along the path, as scopes do, and one challenge tells all of it', async () => {
  const issuer = await foreignIssuer()
  const auth = schemeOf(issuer)
  const done: unknown[] = []
  const known = stepUp(auth, { acr: ['mfa', 'phr', 'sms'], maxAge: 600 })
  const admin = dependency({ token: stepUp(known, { acr: ['phr', 'mfa'] }) }, ({ token }) => token)
  const routes = router({ guard: security(stepUp(auth, { maxAge: 60 }), ['read']) })
    .get('/admin', { admin: security(admin, ['write']) }, ({ admin: token }) => done.push(token.subject))
    .get('/known', { token: known }, ({ token }) => done.push(token.subject))
  const app = api()
    .include(auth.metadata)
    .include(routes)
    .get('/any', { token: auth }, () => 'in')
  const at = issuer.clock.now / 1000
  const get = async (claims: Members, path = '/admin') =>
    call(app, await issuer.token({ scope: 'read write', ...claims }), 'GET', path)
  const metadata = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
  const all = `acr_values="phr mfa", max_age="60", scope="read write", ${metadata}`
  expect(await get({ acr: 'sms', auth_time: at })).toEqual([401, challenge(otherWay, all)])
  expect(await get({ acr: 'mfa', auth_time: at - 91 })).toEqual([401, challenge(tooOld, all)])
  expect(await get({ scope: 'read', acr: 'sms', auth_time: at })).toEqual([401, challenge(otherWay, all)])
  expect((await get({ acr: 'sms', auth_time: at }, '/any'))[0]).toBe(200)
  expect(done).toEqual([])
  expect((await get({ scope: 'read', acr: 'mfa', auth_time: at }))[0]).toBe(403)
  expect((await get({ acr: 'sms', auth_time: at }, '/known'))[0]).toBe(200)
  expect((await get({ acr: 'phr', auth_time: at - 90 }))[0]).toBe(200)
  expect(done).toEqual(['alice', 'alice'])
  // no credentials: what is always said
  expect(await call(app, undefined, 'GET', '/admin')).toEqual([401, `Bearer scope="read write", ${metadata}`])
})

test('a token that says nothing of a login, or nonsense, or of one to come, does not meet a demand', async () => {
  const issuer = await foreignIssuer()
  const auth = schemeOf(issuer)
  const app = api()
    .get('/', { token: stepUp(auth, { maxAge: 60 }) }, () => 'in')
    .get('/acr', { token: stepUp(auth, { acr: ['mfa', 'true'] }) }, () => 'in')
  const at = issuer.clock.now / 1000
  const times = [undefined, null, '', String(at), true, [at], { at }, at - 91, at + 31, 1e300, -1e300]
  for (const time of times) {
    const token = await issuer.token({ auth_time: time })
    expect([time, (await call(app, token))[0]]).toEqual([time, 401])
  }
  const classes = [
    undefined,
    null,
    '',
    'MFA',
    ' mfa',
    'mfa true',
    true,
    ['mfa'],
    { mfa: 1 },
    'mf',
    'mfaa',
    '0',
  ]
  for (const acr of classes) {
    const token = await issuer.token({ acr })
    expect([acr, (await call(app, token, 'GET', '/acr'))[0]]).toEqual([acr, 401])
  }
  for (const time of [at - 90, at, at + 30]) {
    expect((await call(app, await issuer.token({ auth_time: time })))[0]).toBe(200)
  }
  expect((await call(app, await issuer.token({ acr: 'mfa' }), 'GET', '/acr'))[0]).toBe(200)
})

test('no alternative is a way around a demand, and a stranger is still a stranger', async () => {
  const [one, two] = [await foreignIssuer(), await foreignIssuer()]
  const [first, second] = [schemeOf(one), schemeOf(two)]
  const machine = apiKey({
    header: 'x-api-key',
    scopes,
    verify: (key) => key === 'good' && { scopes: ['read'] },
  })
  const demand: StepUp = { maxAge: 60 }
  const unfits: readonly AnyDependency[] = [
    machine,
    anyOf(first, machine),
    dependency({ machine }, () => 1),
    dependency({}, () => 1),
  ]
  for (const unfit of unfits) {
    expect(() => stepUp(unfit, demand)).toThrow(
      /^stepUp: not every credential here says how somebody logged in/,
    )
  }
  // without scopes, so that nothing but the demand tells the two mentions apart
  const either = anyOf(withoutScopes(one), withoutScopes(two))
  const app = api()
    .get('/both', { token: stepUp(anyOf(first, second), demand) }, () => 'in')
    .get('/either', { who: anyOf(stepUp(first, demand), machine) }, () => 'in')
    .get('/open', { token: optional(stepUp(first, demand)) }, ({ token }) => token?.subject ?? 'nobody')
    .get('/same', {}, { guard: [either, stepUp(either, demand)] }, () => 'in')
  const recent = { auth_time: one.clock.now / 1000 }
  const outcomes: readonly (readonly [string, string | undefined, number])[] = [
    ['/both', await one.token(recent), 200],
    ['/both', await two.token(recent), 200],
    ['/both', await one.token(), 401],
    ['/both', await two.token(), 401],
    ['/either', await one.token(recent), 200],
    ['/either', await one.token(), 401],
    ['/open', undefined, 200],
    ['/open', await one.token(recent), 200],
    ['/open', await one.token(), 401],
    ['/same', await two.token(recent), 200],
    ['/same', await two.token(), 401],
  ]
  for (const [path, token, status] of outcomes)
    expect([path, token, (await call(app, token, 'GET', path))[0]]).toEqual([path, token, status])
  expect((await app.request('/either', { headers: { 'x-api-key': 'good' } })).status).toBe(200)
})

test('demands that no login can meet together, or that are none, do not start', async () => {
  const auth = schemeOf(await foreignIssuer())
  const both = { one: stepUp(auth, { acr: ['mfa'] }), two: stepUp(auth, { acr: ['phr', 'sms'] }) }
  expect(() => api().get('/', both, () => 'in')).toThrow(
    'GET /: no way to log in meets stepUp to mfa and stepUp to phr or sms',
  )
  const wrong: readonly (readonly [object, string])[] = [
    [{}, 'the option acr is not usable: name ways to log in, or give a maxAge'],
    [{ acr: [] }, 'the option acr is not usable: a list of names'],
    [{ acr: ['two words'] }, 'the option acr is not usable: a list of names'],
    [{ acr: ['"'] }, 'the option acr is not usable: a list of names'],
    [{ acr: 'mfa' }, 'the option acr is not usable: a list of names'],
    [{ acr: [''] }, 'the option acr is not usable: a list of names'],
    [{ maxAge: -1 }, 'the option maxAge is not usable: a whole number of seconds'],
    [{ maxAge: 1.5 }, 'the option maxAge is not usable: a whole number of seconds'],
    [{ maxAge: NaN }, 'the option maxAge is not usable: a whole number of seconds'],
  ]
  for (const [demand, message] of wrong) expect(() => stepUp(auth, demand as never)).toThrow(message)
})

test('an overridden scheme still enforces demands, and no body is read for a login that is not enough', async () => {
  const issuer = await foreignIssuer()
  const auth = schemeOf(issuer)
  const app = api().post(
    '/',
    { token: stepUp(auth, { maxAge: 60 }), item: json(z.object({ name: z.string() })) },
    () => 'in',
  )
  const alice: AccessToken<'read' | 'write'> = {
    subject: 'alice', scopes: [], clientId: undefined, issuer: 'x', audience: [], id: undefined,
    issuedAt: undefined, expiresAt: 0, claims: {},
  } as never // prettier-ignore
  const post = async (claims: Members): Promise<number> => {
    const test = app.with(override(auth, { ...alice, claims }))
    return (
      await test.request('/', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } })
    ).status
  }
  expect(await post({})).toBe(401)
  expect(await post({ auth_time: issuer.clock.now / 1000 })).toBe(422)
})

test('a WebSocket is refused before there is one', async () => {
  const issuer = await foreignIssuer()
  const app = api().webSocket(
    '/',
    { token: stepUp(schemeOf(issuer), { maxAge: 60 }), socket },
    () => undefined,
  )
  const upgrade = async (claims: Members): Promise<unknown> =>
    app.upgrade(
      new Request('http://localhost/', {
        headers: { authorization: `Bearer ${await issuer.token(claims)}` },
      }),
    )
  expect(await upgrade({})).toMatchObject({ status: 401 })
  expect(await upgrade({ auth_time: issuer.clock.now / 1000 })).not.toBeInstanceOf(Response)
})

test('what is demanded is in the OpenAPI document and in the list of routes', async () => {
  const auth = schemeOf(await foreignIssuer())
  const user = stepUp(security(auth, ['write']), { acr: ['mfa', 'phr'], maxAge: 300 })
  const app = api()
    .include(auth.metadata)
    .delete('/', { user }, () => 'gone')
    .get('/', { token: auth }, () => 'in')
  const { delete: operation, get } = app.openapi().paths['/'] ?? {}
  expect(operation).toMatchObject({
    security: [{ OpenIdConnect: ['write'] }],
    'x-step-up': { OpenIdConnect: { acr_values: ['mfa', 'phr'], max_age: 300 } },
  })
  const metadata = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
  expect((operation?.['responses'] as Record<string, unknown> | undefined)?.['401']).toMatchObject({
    description:
      'The credentials are missing, or they are not good; or the login is not acr mfa or phr, at most 300 s ago',
    headers: {
      'WWW-Authenticate': {
        examples: {
          credentials: { value: `Bearer scope="write", ${metadata}` },
          login: {
            value: challenge(otherWay, `acr_values="mfa phr", max_age="300", scope="write", ${metadata}`),
          },
        },
      },
    },
  })
  expect(JSON.stringify(get)).not.toMatch(/step-up|insufficient_user/)
  expect(app.routes().map(({ logins }) => logins)).toEqual([
    undefined,
    { OpenIdConnect: { acr: ['mfa', 'phr'], maxAge: 300 } },
    undefined,
  ])
})

test('challenges name the metadata of the API where it serves them, and only there', async () => {
  const issuer = await foreignIssuer()
  const [served, alone] = [schemeOf(issuer), schemeOf(issuer)]
  const app = (auth: typeof served): Api => api().get('/', { token: stepUp(auth, { maxAge: 1 }) }, () => 'in')
  const place = '/.well-known/oauth-protected-resource'
  // included after the routes, too
  const [first, second] = [app(served).include(served.metadata), app(alone)]
  for (const token of [undefined, 'x', await issuer.token()]) {
    expect((await call(first, token))[1]).toContain(`resource_metadata="https://api.test${place}"`)
    expect((await call(second, token))[1]).not.toContain('resource_metadata')
  }
  expect((await first.request(place)).status).toBe(200)
  expect((await second.request(place)).status).toBe(404)
})

test('the guard of other frameworks demands the same, in the same words', async () => {
  const issuer = await foreignIssuer()
  const guard = tokenGuard({ issuer: issuer.issuer, audience, scopes, now: issuer.now, ...quiet })
  const check = async (claims: Members, requirement: object) => {
    const headers = { authorization: `Bearer ${await issuer.token(claims)}` }
    const { response } = await guard.check(new Request('https://api.test/', { headers }), requirement)
    return [response?.status ?? 200, response?.headers.get('www-authenticate')]
  }
  const requirement = { acr: ['mfa'], maxAge: 60, scopes: ['write'] }
  const at = issuer.clock.now / 1000
  const demand =
    'acr_values="mfa", max_age="60", scope="write", resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
  expect(await check({ acr: 'mfa', auth_time: at - 91 }, requirement)).toEqual([
    401,
    challenge(tooOld, demand),
  ])
  expect(await check({ acr: 'pwd', auth_time: at }, requirement)).toEqual([401, challenge(otherWay, demand)])
  expect((await check({ acr: 'mfa', auth_time: at }, requirement))[0]).toBe(403)
  expect((await check({ acr: 'mfa', auth_time: at, scope: 'write' }, requirement))[0]).toBe(200)
  await expect(check({}, { acr: [] })).rejects.toThrow('acr: give a list of names')
})
