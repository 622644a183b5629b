/** What a handler receives is inferred from the record it asks for. Type-level tests: `tsc` is the test. */

import * as v from 'valibot'
import { type } from 'arktype'
import {
  allOf,
  anyOf,
  api,
  apiKey,
  background,
  clientAddress,
  cookie,
  dependency,
  files,
  form,
  fresh,
  header,
  httpBasic,
  httpBearer,
  json,
  oauth2,
  optional,
  passwordForm,
  path,
  query,
  reject,
  request,
  requiredScopes,
  resource,
  response,
  security,
  securityAny,
  signal,
  socket,
} from 'gatewright'
import type {
  AccessToken,
  BackgroundTasks,
  PasswordRequest,
  RequiredScopes,
  ResponseControls,
  WebSocketConnection,
} from 'gatewright'
import { z } from 'zod'
import { expectType } from './expect-type.ts'
import { activeUser, auth, caller, currentUser, machine } from './service.ts'
import type { User } from './service.ts'

// Through any depth of dependencies, and from any validator.
export const inferred = (): unknown =>
  api().post(
    '/orders/{id}',
    {
      id: path(z.number()),
      page: query(z.number().optional()),
      sort: query(v.picklist(['up', 'down'])),
      trace: header(type('string')),
      theme: cookie(z.enum(['light', 'dark']).default('light')),
      body: json(z.object({ note: z.string() })),
      user: activeUser,
      viewer: optional(currentUser),
      token: auth,
      again: fresh(currentUser),
      both: allOf(currentUser, machine),
      either: anyOf(currentUser, machine),
      guarded: security(activeUser, ['me']),
      any: securityAny(activeUser, ['me', 'items']),
    },
    (values) => {
      expectType<number>()(values.id)
      expectType<number | undefined>()(values.page)
      expectType<'up' | 'down'>()(values.sort)
      expectType<string>()(values.trace)
      expectType<'light' | 'dark'>()(values.theme)
      expectType<{ note: string }>()(values.body)
      expectType<User>()(values.user)
      expectType<User | undefined>()(values.viewer)
      expectType<AccessToken<'me' | 'items'>>()(values.token)
      expectType<User>()(values.again)
      const [user, robot] = values.both
      expectType<User>()(user)
      expectType<{ name: string; scopes: readonly ['items'] }>()(robot)
      expectType<User | { name: string; scopes: readonly ['items'] }>()(values.either)
      expectType<User>()(values.guarded)
      expectType<User>()(values.any)
      values.token.scopes.includes('items')
      // @ts-expect-error a scope nobody declared
      values.token.scopes.includes('itmes')
      // @ts-expect-error a dependency nobody asked for
      void values.nobody
      // @ts-expect-error what was asked for is not to be replaced
      values.id = 1
    },
  )

// Forms and files; what every request has.
export const forms = (): unknown =>
  api()
    .post('/form', { form: form(z.object({ tags: z.array(z.string()) })), photos: files() }, (values) => {
      expectType<{ tags: string[] }>()(values.form)
      expectType<readonly File[]>()(values.photos)
    })
    .post('/token', { form: passwordForm }, ({ form }) => expectType<PasswordRequest>()(form))
    .get('/all', { request, response, background, requiredScopes, clientAddress, signal }, (values) => {
      expectType<Request>()(values.request)
      expectType<ResponseControls>()(values.response)
      expectType<BackgroundTasks>()(values.background)
      expectType<RequiredScopes>()(values.requiredScopes)
      expectType<string | undefined>()(values.clientAddress)
      expectType<AbortSignal>()(values.signal)
    })
    .webSocket('/ws/{room}', { room: path(z.string()), socket, user: currentUser }, (values) => {
      expectType<string>()(values.room)
      expectType<WebSocketConnection>()(values.socket)
      expectType<User>()(values.user)
    })

// A principal is what `verify` returns when it does not say no, waited for.
export const principals = (): unknown =>
  api().get(
    '/',
    {
      refusing: httpBearer({ verify: (token) => (token === 'x' ? reject('No') : { token }) }),
      waiting: httpBearer({ verify: async (token) => (token === 'x' ? undefined : { token }) }),
      nothing: apiKey({ query: 'k', verify: (key): string | null => key }),
      yes: apiKey({ cookie: 'k', verify: (key) => key === 'k' }),
      basic: httpBasic({ verify: ({ username }) => ({ username }) }),
      raw: oauth2({ verify: (whole, { scheme, credentials }) => [whole, scheme, credentials] as const }),
    },
    (values) => {
      expectType<{ token: string }>()(values.refusing)
      expectType<{ token: string }>()(values.waiting)
      expectType<string>()(values.nothing)
      expectType<true>()(values.yes)
      expectType<{ username: string }>()(values.basic)
      expectType<readonly [string, string, string]>()(values.raw)
    },
  )

// Resources and computed values, synchronous or not, and what they are given.
const opened = resource({ user: currentUser, page: query(z.number()) }, async function* ({ user, page }) {
  expectType<User>()(user)
  expectType<number>()(page)
  yield { user, page }
})
const waited = dependency({ opened, caller }, async ({ opened }) => {
  expectType<{ user: User; page: number }>()(opened)
  return opened.page
})
export const computed = (): unknown =>
  api().get('/', { opened, waited }, (values) => {
    expectType<{ user: User; page: number }>()(values.opened)
    expectType<number>()(values.waited)
  })
