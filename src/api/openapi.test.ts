import { Validator } from '@seriousme/openapi-schema-validator'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import {
  allOf,
  anyOf,
  api,
  apiKey,
  authorizationCodeBearer,
  cookie,
  dependency,
  files,
  form,
  header,
  httpBasic,
  httpBearer,
  json,
  openIdConnect,
  optional,
  override,
  passwordBearer,
  passwordForm,
  path,
  query,
  security,
  securityAny,
} from '../index.ts'
import type { Api, Schema } from '../index.ts'
import { compileRoute } from './route.ts'
import { undescribedSchemas } from './undescribed.ts'

const scopes = { me: 'See your profile', 'write:posts': 'Add posts' }
const verify = (token: string) => (token ? { subject: token, scopes: ['me'] } : undefined)
const auth = passwordBearer({ tokenUrl: 'token', scopes, verify })
const currentUser = dependency({ token: auth }, ({ token }) => token.subject)
const key = apiKey({ header: 'x-api-key', verify })
const basic = httpBasic({ verify: ({ username }) => username })

const declared = { method: 'POST', path: '/{id}', guards: [], tags: [], handler: () => 1 } as const
const setting = { guards: [], limits: undefined, overrides: [] }

type Operations = Record<string, Record<string, Record<string, never>>>

/** The document of an application, checked against the official meta-schema on the way. */
async function documentOf(app: Api) {
  const text = await (await app.request('/openapi.json')).text()
  const result = await new Validator().validate(JSON.parse(text) as Record<string, unknown>)
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
  const document = app.openapi()
  return { ...document, paths: document.paths as unknown as Operations }
}

test('the document is OpenAPI 3.1 with the title, version and description of the API', async () => {
  const document = await documentOf(api({ title: 'Items', version: '2.0.0', description: '# Hello' }))
  expect(document).toEqual({
    openapi: '3.1.0',
    info: { title: 'Items', version: '2.0.0', description: '# Hello' },
    paths: {},
  })
})

test('a document with a bit of everything is valid against the official meta-schema', async () => {
  const User = z
    .object({ id: z.uuid(), born: z.date(), tags: z.array(z.string()).default([]) })
    .meta({ id: 'User' })
  const app = api({ title: 'All', servers: [{ url: '/v1' }] })
    .post('/token', { form: passwordForm }, () => ({}))
    .get(
      '/users/{id}',
      { id: path(z.uuid()), user: security(currentUser, ['me']) },
      { returns: User },
      () => {
        throw new Error('not called')
      },
    )
    .put('/users/{id}', { id: path(z.uuid()), user: json(User), key }, { status: 204 }, () => undefined)
    .get(
      '/search',
      { q: query(v.string()), n: query(type('number.integer')), h: header(mini.string()) },
      () => [],
    )
    .get('/session', { session: cookie(z.string(), { description: 'Who it is', deprecated: true }) }, () => 1)
    .post(
      '/photos',
      { photos: files({ max: 3, types: ['image/png'] }), about: form(z.object({ title: z.string() })) },
      () => 1,
    )
    .get('/either', { caller: anyOf(currentUser, basic) }, () => 1)
    .get('/files/{file:path}', {}, () => 1)
    .webSocket('/live', { user: currentUser }, () => undefined)
  const document = await documentOf(app)
  expect(Object.keys(document.paths)).toEqual([
    '/token',
    '/users/{id}',
    '/search',
    '/session',
    '/photos',
    '/either',
    '/files/{file}',
  ])
})

test('two schemes that are both needed stand in one object: AND (FASTAPI A12 #9)', async () => {
  const app = api()
    .get('/siblings', { user: currentUser, key }, () => 1)
    .get('/all', { both: allOf(currentUser, key) }, () => 1)
    .get('/guarded', { both: dependency({ a: currentUser, b: key }, () => 1) }, () => 1)
  const { paths } = await documentOf(app)
  for (const at of ['/siblings', '/all', '/guarded']) {
    expect(paths[at]?.['get']?.['security']).toEqual([{ OAuth2PasswordBearer: [], APIKeyHeader: [] }])
  }
})

test('anyOf stands as alternatives: OR (FASTAPI A12 #9)', async () => {
  const app = api().get('/', { caller: anyOf(currentUser, key), extra: basic }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/']?.['get']?.['security']).toEqual([
    { OAuth2PasswordBearer: [], HTTPBasic: [] },
    { APIKeyHeader: [], HTTPBasic: [] },
  ])
})

test('optional adds the alternative of no credentials (FASTAPI A12 #10)', async () => {
  const { paths } = await documentOf(api().get('/', { user: optional(currentUser) }, () => 1))
  expect(paths['/']?.['get']?.['security']).toEqual([{ OAuth2PasswordBearer: [] }, {}])
})

test('securityAny stands as alternatives of scopes', async () => {
  const app = api().get('/', { user: securityAny(currentUser, ['me', 'write:posts']) }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/']?.['get']?.['security']).toEqual([
    { OAuth2PasswordBearer: ['me'] },
    { OAuth2PasswordBearer: ['write:posts'] },
  ])
})

test('a parent with scopes and a child without: the scopes are those of the whole path', async () => {
  const child = dependency({ token: auth }, ({ token }) => token)
  const parent = dependency({ user: security(child, ['me']) }, ({ user }) => user)
  const app = api()
    .get('/parent', { user: parent }, () => 1)
    .get('/child', { user: child }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/parent']?.['get']?.['security']).toEqual([{ OAuth2PasswordBearer: ['me'] }])
  expect(paths['/child']?.['get']?.['security']).toEqual([{ OAuth2PasswordBearer: [] }])
})

test('one scheme required twice with different scopes is documented once, with both', async () => {
  const app = api().get(
    '/',
    { reader: security(auth, ['me']), writer: security(auth, ['write:posts']) },
    () => 1,
  )
  const { paths, components } = await documentOf(app)
  expect(paths['/']?.['get']?.['security']).toEqual([{ OAuth2PasswordBearer: ['me', 'write:posts'] }])
  expect(Object.keys(components?.securitySchemes ?? {})).toEqual(['OAuth2PasswordBearer'])
})

test('only schemes that a documented operation reaches are listed, each with its flows and scopes', async () => {
  const unused = authorizationCodeBearer({ authorizationUrl: 'authorize', tokenUrl: 'token', verify })
  const app = api()
    .get('/', { user: currentUser }, () => 1)
    .get('/hidden', { unused }, { hidden: true }, () => 1)
  const { components, paths } = await documentOf(app)
  expect(components?.securitySchemes).toEqual({
    OAuth2PasswordBearer: { type: 'oauth2', flows: { password: { tokenUrl: 'token', scopes } } },
  })
  expect(paths).not.toHaveProperty('/hidden')
})

test('different schemes of one kind are numbered; alike ones share a name', async () => {
  const app = api().get(
    '/',
    { a: httpBearer({ verify }), b: httpBearer({ verify, description: 'Other' }), c: httpBearer({ verify }) },
    () => 1,
  )
  const { components, paths } = await documentOf(app)
  expect(Object.keys(components?.securitySchemes ?? {})).toEqual(['HTTPBearer', 'HTTPBearer2'])
  expect(paths['/']?.['get']?.['security']).toEqual([{ HTTPBearer: [], HTTPBearer2: [] }])
})

test('alternatives that are the same to the client are one', async () => {
  const app = api().get('/', { caller: anyOf(httpBearer({ verify }), httpBearer({ verify })) }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/']?.['get']?.['security']).toEqual([{ HTTPBearer: [] }])
})

test('two different schemes with one chosen name are refused (FASTAPI A12 #11)', () => {
  const one = httpBearer({ name: 'Login', verify })
  const other = apiKey({ name: 'Login', header: 'x-login', verify })
  const app = api()
    .get('/one', { one }, () => 1)
    .get('/other', { other }, () => 1)
  expect(() => app.openapi()).toThrow(/Login/)
})

test('a public operation has no security, no 401 and no 403', async () => {
  const { paths } = await documentOf(api().get('/', {}, () => 1))
  expect(paths['/']?.['get']).toEqual({
    operationId: 'getIndex',
    responses: {
      200: { description: 'Successful Response', content: { 'application/json': { schema: {} } } },
    },
  })
})

test('401 is documented with its challenge wherever a scheme guards, 403 where scopes are required (FASTAPI A12 #13)', async () => {
  const app = api()
    .get('/me', { user: currentUser }, () => 1)
    .get('/posts', { user: security(currentUser, ['write:posts']) }, () => 1)
    .get('/basic', { user: basic }, () => 1)
    .get('/feed', { user: optional(currentUser) }, () => 1)
  const { paths, components } = await documentOf(app)
  const responses = (at: string): Record<string, Record<string, unknown>> =>
    paths[at]?.['get']?.['responses'] ?? {}
  expect(Object.keys(responses('/me'))).toEqual(['200', '401'])
  expect(Object.keys(responses('/feed'))).toEqual(['200', '401'])
  expect(Object.keys(responses('/posts'))).toEqual(['200', '401', '403'])
  expect(responses('/posts')['403']).toMatchObject({
    headers: {
      'WWW-Authenticate': {
        schema: { type: 'string' },
        example: expect.stringContaining('insufficient_scope'),
      },
    },
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPError' } } },
  })
  expect(responses('/basic')['401']).toMatchObject({
    headers: { 'WWW-Authenticate': { example: expect.stringMatching(/^Basic realm=/) } },
  })
  expect(components?.schemas).toHaveProperty('HTTPError')
})

test('what the contract says of 401 and 422 wins, and the challenge stays', async () => {
  const responses = { 401: { description: 'Log in first' }, 422: { description: 'No' } }
  const app = api().get('/', { user: currentUser, q: query(z.string()) }, { responses }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/']?.['get']?.['responses']).toMatchObject({
    401: { description: 'Log in first', headers: { 'WWW-Authenticate': { example: 'Bearer' } } },
    422: { description: 'No' },
  })
})

test('422 has FastAPI’s shape, where there is something to validate', async () => {
  const app = api()
    .get('/none', {}, () => 1)
    .get('/query', { q: query(z.string()) }, () => 1)
    .post('/body', { body: json(z.object({})) }, () => 1)
  const { paths, components } = await documentOf(app)
  expect(paths['/none']?.['get']?.['responses']).not.toHaveProperty('422')
  const shape = {
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPValidationError' } } },
  }
  expect(paths['/query']?.['get']?.['responses']?.['422']).toMatchObject(shape)
  expect(paths['/body']?.['post']?.['responses']?.['422']).toMatchObject(shape)
  expect(components?.schemas?.['ValidationError']).toMatchObject({ required: ['loc', 'msg', 'type'] })
})

test('the password form is documented with OAuth’s own error, not with 422', async () => {
  const { paths } = await documentOf(api().post('/token', { form: passwordForm }, () => 1))
  const operation = paths['/token']?.['post'] as unknown as {
    responses: object
    requestBody: { required: boolean; content: Record<string, { schema: object }> }
  }
  expect(Object.keys(operation.responses)).toEqual(['200', '400'])
  expect(operation.requestBody.required).toBe(true)
  expect(operation.requestBody.content['application/x-www-form-urlencoded']?.schema).toMatchObject({
    required: ['username', 'password'],
  })
})

test('parameters of dependencies are documented once, required if either insists', async () => {
  const page = dependency({ page: query(z.int().default(1)) }, ({ page }) => page)
  const app = api().get('/{shop}', { page, again: query(z.int(), { name: 'page' }) }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/{shop}']?.['get']?.['parameters']).toEqual([
    {
      name: 'page',
      in: 'query',
      required: true,
      schema: expect.objectContaining({ type: 'integer', default: 1 }),
    },
    { name: 'shop', in: 'path', required: true, schema: { type: 'string' } },
  ])
})

test('descriptions, examples and deprecation of parameters are shown, hidden ones are not', async () => {
  const app = api().get(
    '/',
    {
      a: query(z.string(), { description: 'First', example: 'x', deprecated: true }),
      b: query(z.string().optional(), { hidden: true }),
      xRequestId: header(z.string().optional()),
      authorization: header(z.string().optional()),
    },
    () => 1,
  )
  const { paths } = await documentOf(app)
  expect(paths['/']?.['get']?.['parameters']).toEqual([
    {
      name: 'a',
      in: 'query',
      description: 'First',
      required: true,
      deprecated: true,
      example: 'x',
      schema: { type: 'string' },
    },
    { name: 'x-request-id', in: 'header', required: false, schema: { type: 'string' } },
  ])
})

test('a named schema that looks the same on both sides is one component', async () => {
  const Tag = z.object({ name: z.string() }).meta({ id: 'Tag' })
  const Item = z.object({ tag: z.string() }).meta({ id: 'Item' })
  const app = api()
    .post('/items', { item: json(Item) }, { returns: Item }, ({ item }) => item)
    .get('/tags', {}, { returns: z.array(Tag) }, () => [])
  const { components, paths } = await documentOf(app)
  expect(Object.keys(components?.schemas ?? {})).toEqual(expect.arrayContaining(['Item', 'Tag']))
  expect(components?.schemas).not.toHaveProperty('Item-Input')
  expect(paths['/tags']?.['get']?.['responses']).toMatchObject({
    200: {
      content: {
        'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Tag' } } },
      },
    },
  })
})

test('a named schema whose sides differ, or that holds one, is User and User-Input', async () => {
  const Address = z.object({ country: z.string().default('de') }).meta({ id: 'Address' })
  const User = z.object({ address: Address }).meta({ id: 'User' })
  const app = api().post('/', { user: json(User) }, { returns: User }, ({ user }) => user)
  const { components, paths } = await documentOf(app)
  expect(components?.schemas).toMatchObject({
    User: { properties: { address: { $ref: '#/components/schemas/Address' } } },
    'User-Input': { properties: { address: { $ref: '#/components/schemas/Address-Input' } } },
    Address: { required: ['country'] },
  })
  expect(components?.schemas?.['Address-Input']).not.toHaveProperty('required')
  const { requestBody, responses } = paths['/']?.['post'] ?? {}
  expect(requestBody).toMatchObject({
    content: { 'application/json': { schema: { $ref: '#/components/schemas/User-Input' } } },
  })
  expect(responses).toMatchObject({
    200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
  })
})

test('two different schemas of one name are refused, naming both routes', () => {
  const one = z.object({ a: z.string() }).meta({ id: 'Twin' })
  const app = api().get('/one', {}, { returns: one }, () => ({ a: '' }))
  z.globalRegistry.remove(one)
  const before = app.openapi()
  expect(before.components?.schemas).toHaveProperty('Twin')
  const other = z.object({ b: z.string() }).meta({ id: 'Twin' })
  app.get('/other', {}, { returns: other }, () => ({ b: '' }))
  expect(() => app.openapi()).toThrow(
    /Two different schemas are called Twin, one in GET \/one and one in GET \/other/,
  )
})

test('schemas that contain themselves become components, in every library', async () => {
  const Cat = z.object({
    name: z.string(),
    get kids() {
      return z.array(Cat)
    },
  })
  interface Dog {
    name: string
    kids: Dog[]
  }
  const Dog: v.GenericSchema<Dog> = v.object({ name: v.string(), kids: v.array(v.lazy(() => Dog)) })
  const { Fox } = type.module({ Fox: { name: 'string', kids: 'Fox[]' } })
  const app = api()
    .get('/cat', {}, { returns: Cat }, () => ({ name: '', kids: [] }))
    .get('/cats', {}, { returns: z.object({ first: Cat, second: Cat }) }, () => {
      throw new Error('not called')
    })
    .get('/dog', {}, { returns: Dog }, () => ({ name: '', kids: [] }))
    .get('/fox', {}, { returns: Fox }, () => ({ name: '', kids: [] }))
  const document = await documentOf(app)
  const text = JSON.stringify(document)
  const used = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  expect(new Set(used).size).toBeGreaterThanOrEqual(4)
  for (const name of used) expect(document.components?.schemas).toHaveProperty([name ?? ''])
  expect(text).not.toContain('$defs')
  expect(text).not.toMatch(/"\$ref":"#(?!\/components)/)
})

test('a member that is called $ref or default is a name and no keyword, and a default value is no schema', async () => {
  const Leaf = z.object({ name: z.string() }).meta({ id: 'Leaf' })
  const Odd = z.object({ $ref: z.string(), default: Leaf, other: z.any().default({ $ref: '#/$defs/Leaf' }) })
  // The validator takes every `$ref` for a reference, so that it has no say here.
  const { paths } = api()
    .post('/', { odd: json(Odd) }, () => 1)
    .openapi()
  expect(paths['/']?.['post']?.['requestBody']).toMatchObject({
    content: {
      'application/json': {
        schema: {
          properties: {
            $ref: { type: 'string' },
            default: { $ref: '#/components/schemas/Leaf' },
            other: { default: { $ref: '#/$defs/Leaf' } },
          },
        },
      },
    },
  })
})

test('a body that is optional may be left out; a form comes either way, files only as multipart', async () => {
  const app = api()
    .post('/maybe', { body: json(z.object({}).optional()) }, () => 1)
    .post('/form', { body: form(z.object({ name: z.string() })) }, () => 1)
    .post('/free', { body: form(z.object({ name: z.string().optional() })) }, () => 1)
    .post(
      '/files',
      { one: files(), many: files({ min: 0, max: 3 }), about: form(z.object({ title: z.string() })) },
      () => 1,
    )
  const { paths } = await documentOf(app)
  const body = (at: string): unknown => paths[at]?.['post']?.['requestBody']
  expect(body('/maybe')).toMatchObject({ required: false })
  expect(body('/form')).toMatchObject({
    required: true,
    content: { 'application/x-www-form-urlencoded': {}, 'multipart/form-data': {} },
  })
  expect(body('/free')).toMatchObject({ required: false })
  const file = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' }
  expect(body('/files')).toEqual({
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          properties: {
            title: { type: 'string' },
            one: file,
            many: { type: 'array', items: file, maxItems: 3 },
          },
          required: ['title', 'one'],
        },
      },
    },
  })
})

test('204 has no content, and further answers are documented with their schema', async () => {
  const responses = { 404: { description: 'No such item', schema: z.object({ detail: z.string() }) } }
  const app = api().delete('/{id}', { id: path(z.int()) }, { status: 204, responses }, () => undefined)
  const { paths } = await documentOf(app)
  expect(paths['/{id}']?.['delete']?.['responses']).toMatchObject({
    204: { description: 'Successful Response' },
    404: { content: { 'application/json': { schema: { properties: { detail: { type: 'string' } } } } } },
  })
  expect(paths['/{id}']?.['delete']?.['responses']?.['204']).not.toHaveProperty('content')
})

test.each([
  ['/', 'getIndex'],
  ['/users', 'getUsers'],
  ['/users/', 'getUsersIndex'],
  ['/users/me', 'getUsersMe'],
  ['/users/{id}/posts', 'getUsersByIdPosts'],
  ['/my_data/', 'getMyDataIndex'],
  ['/files/{file:path}', 'getFilesByFile'],
  ['/v1.0/a-b', 'getV10AB'],
])('the operation id of GET %s is %s, whatever other routes there are', async (at, id) => {
  const { paths } = await documentOf(api().get(at as '/', {}, () => 1))
  expect(Object.values(paths)[0]?.['get']?.['operationId']).toBe(id)
})

test('two operations with one id are refused, naming both', () => {
  const app = api()
    .get('/a-b', {}, () => 1)
    .get('/a_b', {}, () => 1)
  expect(() => app.openapi()).toThrow('GET /a-b and GET /a_b have one operationId, getAB')
})

test('tags, summary, description and deprecation come from the contract', async () => {
  const said = {
    tags: ['items'],
    summary: 'All of them',
    description: 'In order.',
    deprecated: true,
    operationId: 'all',
  }
  const { paths } = await documentOf(api().get('/', {}, said, () => 1))
  expect(paths['/']?.['get']).toMatchObject(said)
})

test('a schema nobody can describe is shown as open, and named before the first request', async () => {
  const standard = { version: 1, vendor: 'yup', validate: (value: unknown) => ({ value }) } as const
  const schema: Schema = { '~standard': standard }
  const app = api().post('/{id}', { id: path(schema), body: json(schema) }, { returns: schema }, () => 1)
  const { paths } = await documentOf(app)
  expect(paths['/{id}']?.['post']).toMatchObject({
    parameters: [{ name: 'id', schema: {} }],
    requestBody: { content: { 'application/json': { schema: {} } } },
  })
  const routes = [
    compileRoute(
      { ...declared, needs: { id: path(schema), body: json(schema) }, contract: { returns: schema } },
      setting,
    ),
  ]
  const because = 'is not described, because its library (yup) does not speak Standard JSON Schema'
  expect(undescribedSchemas(routes)).toEqual([
    `POST /{id}: the path parameter id ${because}`,
    `POST /{id}: the body ${because}`,
    `POST /{id}: the answer 200 ${because}`,
  ])
})

test('an override does not show in the document', async () => {
  const app = api().get('/', { user: currentUser }, () => 1)
  expect(app.with(override(currentUser, 'alice')).openapi()).toEqual(app.openapi())
})

test('an OpenID Connect scheme is documented by its discovery URL', async () => {
  const login = openIdConnect({
    openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration',
    verify,
  })
  const { components } = await documentOf(api().get('/', { login }, () => 1))
  expect(components?.securitySchemes).toEqual({
    OpenIdConnect: {
      type: 'openIdConnect',
      openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration',
    },
  })
})
