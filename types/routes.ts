/** Routes are held to their path and to their contract. Type-level tests. */

import { api, files, form, json, optional, path, query, router } from 'gatewright'
import { z } from 'zod'
import { expectType } from './expect-type.ts'
import { currentUser } from './service.ts'

const text = path(z.string())

// A path parameter must be in the path, by its name.
export const paths = (): unknown =>
  api()
    .get('/items/{id}', { id: text }, ({ id }) => expectType<string>()(id))
    .get('/files/{file:path}', { file: text }, ({ file }) => expectType<string>()(file))
    .get('/v/{a}-{b}.json', { a: text, b: text }, () => 1)
    // not every parameter must be asked for
    .get('/items/{id}/raw', {}, () => 1)
    // @ts-expect-error {id}, not {itemId}
    .get('/items/{id}', { itemId: text }, () => 1)
    // @ts-expect-error the kind is no part of the name
    .get('/files/{file:path}', { 'file:path': text }, () => 1)
    // @ts-expect-error no parameters at all
    .get('/items', { id: text }, () => 1)
    // @ts-expect-error on a WebSocket neither
    .webSocket('/rooms/{room}', { id: text }, () => 1)
    // a query has no place in the path
    .get('/search/{id}', { other: query(z.string()) }, () => 1)

// A router's prefix counts as well.
export const prefixed = (): unknown =>
  router({ prefix: '/users/{user}' })
    .get('/posts/{post}', { user: text, post: text }, ({ user, post }) => [user, post])
    .get('/', { user: text }, () => 1)
    // @ts-expect-error in neither
    .get('/posts/{post}', { users: text }, () => 1)

export const unprefixed = (): unknown =>
  router()
    .get('/{id}', { id: text }, () => 1)
    // @ts-expect-error not in the path
    .get('/{id}', { user: text }, () => 1)

// What is included is an application again, and a router is one too.
export const included = (): unknown =>
  api()
    .include(
      router({ prefix: '/a' }).include(
        router().get('/', {}, () => 1),
        { prefix: '/b' },
      ),
    )
    .get('/', {}, () => 1)

const Profile = z.object({ name: z.string(), joined: z.date().optional() })

// A handler is held to its contract, waited for or not; without one it may return anything.
export const contracts = (): unknown =>
  api()
    .get('/a', {}, { returns: Profile }, () => ({ name: 'Alice' }))
    .get('/b', {}, { returns: Profile }, async () => ({ name: 'Alice', joined: new Date() }))
    .get('/c', { user: currentUser }, { returns: Profile, status: 201, tags: ['c'] }, ({ user }) => user)
    .get('/d', {}, { summary: 'No shape', open: true, guard: currentUser }, () => Symbol('anything'))
    .get('/e', {}, () => undefined)
    // @ts-expect-error name is missing
    .get('/f', {}, { returns: Profile }, () => ({ id: 1 }))
    // @ts-expect-error name is missing, later
    .get('/g', {}, { returns: Profile }, async () => ({ id: 1 }))
    // @ts-expect-error perhaps nobody
    .get('/h', { user: optional(currentUser) }, { returns: Profile }, ({ user }) => user)
    // @ts-expect-error there is no such promise
    .get('/i', {}, { return: Profile }, () => ({ name: 'Alice' }))

// The schema's input is what a handler returns, its output is what leaves.
export const transformed = (): unknown =>
  api().get('/', {}, { returns: z.object({ at: z.date().transform((date) => date.toISOString()) }) }, () => ({
    at: new Date(),
  }))

// A body is what its schema gives out.
export const bodies = (): unknown =>
  api()
    .post('/a', { body: json(z.object({ n: z.string().transform(Number) })) }, ({ body }) =>
      expectType<{ n: number }>()(body),
    )
    .post('/b', { form: form(z.object({ a: z.string() })), f: files({ max: 2 }) }, ({ form, f }) => {
      expectType<{ a: string }>()(form)
      expectType<readonly File[]>()(f)
    })
    // @ts-expect-error a body has no name on the wire
    .post('/c', { body: json(z.string(), { name: 'x' }) }, () => 1)
