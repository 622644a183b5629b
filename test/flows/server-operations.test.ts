/** The consent page says what each scope opens: as the routes declare it, or as the document of an API elsewhere has it. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { anyOf, api, apiKey, optional, override, router, security, socket } from 'gatewright'
import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { ResourceOptions } from '../../src/server/options.ts'
import { freshFolder } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, apiB, issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

async function place(
  resources: Readonly<Record<string, ResourceOptions>> = {},
  more: Parameters<typeof world>[1] = {},
): Promise<World> {
  const all = { [apiA]: { name: 'API A' }, [apiB]: {}, ...resources }
  return world('sqlite', { pages: defaultPages(), resources: all, ...more })
}

/** The consent page: of each scope its text, and what stands in the fold below it. */
async function shown(
  at: World,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly body: string; readonly opens: Readonly<Record<string, readonly string[]>> }> {
  const browser = browserOf(at.server.app)
  const asked = requestUrl(at, 'web', { scope: 'read write', resource: apiA, ...more })
  const page = await browser.submit(await browser.open(asked), {
    username: 'alice',
    password: 'correct horse battery',
  })
  expect([page.status, page.path]).toEqual([200, '/consent'])
  const [list = ''] = /<ul class="scopes">[\s\S]*<\/ul>/.exec(page.body) ?? []
  const [, ...parts] = list.split(/<li>\s+(Read|Write)\s/)
  const opens = [parts.slice(0, 2), parts.slice(2)].map(([text = '', item = '']) => {
    const rows = [...item.matchAll(/<li>([^<]*)(?:<code>([^<]*)<\/code>)?<\/li>/g)]
    const lines = rows.map(([, summary = '', operation = '']) => `${summary.trim()}|${operation}`)
    return [text.toLowerCase(), lines] as const
  })
  return { body: page.body, opens: Object.fromEntries(opens) }
}

describe('learnt from routes', () => {
  test('SECURITY 262: each scope has the operations that ask for it, with and without the server mounted', async () => {
    const at = await place()
    const auth = at.server.bearer({ audience: apiA })
    const reader = security(auth, ['read'])
    const machine = apiKey({ header: 'x-key', verify: () => ({ scopes: [] }) })
    api()
      .get('/items', { reader }, { summary: 'List <b>all</b> items' }, () => [])
      .mount(at.server)
      .put('/items/{id}', { auth: security(auth, ['read', 'write']) }, { summary: 'Change an item' }, () => 1)
      .get('/either', { caller: optional(anyOf(reader, machine)) }, () => 1)
      .get('/any', { auth }, { summary: 'Any token does' }, () => 1)
      .get('/secret', { reader }, { summary: 'Not to be known', hidden: true }, () => 1)
      .webSocket('/feed', { reader, socket }, () => undefined)
    // Another application of the same API, with the guard on its router and nothing mounted.
    api().include(router({ prefix: '/admin', guard: security(auth, ['write']) }).get('/log', {}, () => 1))
    const { opens, body } = await shown(at)
    expect(opens).toEqual({
      read: [
        'List &lt;b&gt;all&lt;/b&gt; items|GET /items',
        'Change an item|PUT /items/{id}',
        '|GET /either',
        '|WebSocket /feed',
      ],
      write: ['Change an item|PUT /items/{id}', '|GET /admin/log'],
    })
    expect(body).not.toMatch(/Not to be known|\/secret|Any token does/)
  })

  test('what a scope opens at an API that is not asked for is not shown', async () => {
    const at = await place()
    const auth = at.server.bearer({ audience: apiB })
    api().get('/other', { auth: security(auth, ['read']) }, () => 1)
    expect((await shown(at)).opens).toEqual({ read: [], write: [] })
    expect((await shown(at, { resource: apiB })).opens).toEqual({ read: ['|GET /other'], write: [] })
  })

  test('a copy of an application for a test adds nothing, and a route may come after the first page', async () => {
    const at = await place()
    const auth = at.server.bearer({ audience: apiA })
    const reader = security(auth, ['read'])
    const app = api().get('/items', { reader }, { summary: 'List' }, () => [])
    app.with(override(reader, { subject: 'x', scopes: ['read'] } as never))
    expect((await shown(at)).opens['read']).toEqual(['List|GET /items'])
    app.get('/more', { reader }, () => 1)
    expect((await shown(at)).opens['read']).toEqual(['List|GET /items', '|GET /more'])
  })

  test('twelve are shown, and how many more there are', async () => {
    const at = await place()
    const reader = security(at.server.bearer({ audience: apiA }), ['read'])
    const app = api()
    for (let number = 1; number <= 12; number++) app.get(`/${String(number)}`, { reader }, () => 1)
    expect((await shown(at)).opens['read']).toHaveLength(12)
    app.get('/13', { reader }, () => 1).get('/14', { reader }, () => 1)
    const { opens } = await shown(at)
    expect(opens['read']?.slice(-2)).toEqual(['|GET /12', 'and 2 more|'])
  })
})

test('SECURITY 262: the page says who asks, as whom, for which API, for how long and where it goes, and who is vouched for', async () => {
  const at = await place({}, { registration: { open: true } })
  const { body } = await shown(at)
  for (const fact of ['web', 'alice', 'API A', 'up to 180 days', 'web.test']) {
    expect(body).toContain(`>${fact}<`)
  }
  expect(body).not.toContain('Not verified')

  const redirectUri = 'https://stranger.test/cb'
  const answer = await at.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Your bank',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  const { client_id: id } = (await answer.json()) as { readonly client_id: string }
  const stranger = await shown(at, { client_id: id, redirect_uri: redirectUri })
  expect(stranger.body).toContain('Not verified')
  expect(stranger.body).toContain('>stranger.test<')
  // Without refresh tokens it ends with the access token.
  expect(stranger.body).toContain('a short while')
})

const document = {
  openapi: '3.1.0',
  info: { title: 'Elsewhere', version: '1' },
  security: [{ login: ['read'] }],
  paths: {
    '/items': {
      parameters: [],
      get: { summary: 'List items' },
      post: { summary: 'Add an item', security: [{ login: ['read', 'write'] }, { key: ['write'] }] },
    },
    '/open': { get: { summary: 'For everybody', security: [] } },
    '/machine': { get: { summary: 'For machines', security: [{ key: ['read'] }] } },
    '/odd': { get: 'nothing', patch: { summary: 7, security: [{ login: ['write', 7] }, null] } },
  },
  components: { securitySchemes: { login: { type: 'oauth2' }, key: { type: 'apiKey' } } },
}

describe('read from the document of an API elsewhere', () => {
  const expected = {
    read: ['List items|GET /items', 'Add an item|POST /items'],
    write: ['Add an item|POST /items', '|PATCH /odd'],
  }

  test('given as it is', async () => {
    expect((await shown(await place({ [apiA]: { openapi: document } }))).opens).toEqual(expected)
  })

  test('or in a file', async () => {
    const file = join(await freshFolder(), 'openapi.json')
    await writeFile(file, JSON.stringify(document))
    expect((await shown(await place({ [apiA]: { openapi: file } }))).opens).toEqual(expected)
    expect((await shown(await place({ [apiA]: { openapi: pathToFileURL(file) } }))).opens).toEqual(expected)
  })

  test('what gatewright writes is understood, and routes that are here as well come after it', async () => {
    const at = await place()
    const auth = at.server.bearer({ audience: apiA })
    const elsewhere = api().get('/items', { auth: security(auth, ['read']) }, { summary: 'List' }, () => [])
    const other = await place({ [apiA]: { openapi: elsewhere.openapi() } })
    const reader = security(other.server.bearer({ audience: apiA }), ['read'])
    api()
      .get('/items', { reader }, { summary: 'Called otherwise' }, () => [])
      .get('/here', { reader }, () => 1)
    expect((await shown(other)).opens['read']).toEqual(['List|GET /items', '|GET /here'])
  })

  test.each([
    ['there is no file', 'no/such/file.json', 'cannot be read from no/such/file.json'],
    ['it is no document', { swagger: '2.0' }, 'is no OpenAPI 3 document'],
    ['it is no object', [], 'is no OpenAPI 3 document'],
  ])('the server does not start when %s', async (_, openapi, why) => {
    await expect(place({ [apiA]: { openapi } })).rejects.toThrow(
      new TypeError(`authorizationServer: the option resources is not usable: the openapi of ${apiA} ${why}`),
    )
  })

  test('the server does not start when the file is not JSON', async () => {
    const file = join(await freshFolder(), 'openapi.yaml')
    await writeFile(file, 'openapi: 3.1.0')
    await expect(place({ [apiA]: { openapi: file } })).rejects.toThrow(`in ${file} is not JSON`)
  })
})
