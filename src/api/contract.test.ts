import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { api } from '../index.ts'
import type { Schema } from '../index.ts'

async function leaves(returns: Schema, result: unknown): Promise<unknown> {
  const all: unknown[] = []
  const app = api({ report: (error) => void all.push(error) }).get('/', {}, { returns }, () => result)
  const answer = await app.request('/')
  return answer.status === 200 ? answer.json() : [answer.status, await answer.text(), String(all[0])]
}

const secret = { passwordHash: '$argon2id$…' }
const user = {
  id: 'u1',
  name: 'Alice',
  ...secret,
  address: { city: 'Ulm', ...secret },
  friends: [{ id: 'u2', ...secret }],
}
const kept = { id: 'u1', name: 'Alice', address: { city: 'Ulm' }, friends: [{ id: 'u2' }] }

const shapes: readonly (readonly [string, Schema])[] = [
  [
    'Zod',
    z.object({
      id: z.string(),
      name: z.string(),
      address: z.object({ city: z.string() }),
      friends: z.array(z.object({ id: z.string() })),
    }),
  ],
  [
    'Zod, which lets unknown fields pass',
    z.looseObject({
      id: z.string(),
      name: z.string(),
      address: z.object({ city: z.string() }),
      friends: z.array(z.object({ id: z.string() })),
    }),
  ],
  [
    'Valibot',
    v.object({
      id: v.string(),
      name: v.string(),
      address: v.object({ city: v.string() }),
      friends: v.array(v.object({ id: v.string() })),
    }),
  ],
  [
    'ArkType',
    type({
      id: 'string',
      name: 'string',
      address: { city: 'string' },
      friends: type({ id: 'string' }).array(),
    }),
  ],
]

test.each(shapes.filter(([name]) => !name.includes('unknown')))(
  'a field that the contract does not name never leaves, at any depth: %s',
  async (_, shape) => {
    expect(await leaves(shape, user)).toEqual(kept)
  },
)

test('a schema that says that it lets unknown fields pass has asked for it, but only where it says so', async () => {
  const loose = shapes.find(([name]) => name.includes('unknown'))?.[1]
  expect(await leaves(loose as Schema, user)).toEqual({ ...kept, ...secret })
})

test('unions, references, optional parts, records and tuples are cut down as well', async () => {
  const A = z.object({ kind: z.literal('a'), a: z.string() })
  const B = z.object({ kind: z.literal('b'), b: z.string() })
  expect(await leaves(z.union([A, B]), { kind: 'b', b: '1', ...secret })).toEqual({ kind: 'b', b: '1' })
  expect(await leaves(A.optional().nullable(), { kind: 'a', a: '1', ...secret })).toEqual({
    kind: 'a',
    a: '1',
  })
  expect(await leaves(A.nullable(), null)).toBe(null)
  interface Tree {
    readonly name: string
    readonly children: readonly Tree[]
  }
  const Tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree)
    },
  })
  const leaf = { name: 'leaf', children: [], ...secret }
  expect(await leaves(Tree, { name: 'root', children: [leaf], ...secret })).toEqual({
    name: 'root',
    children: [{ name: 'leaf', children: [] }],
  })
  expect(await leaves(z.record(z.string(), A), { x: { kind: 'a', a: '1', ...secret } })).toEqual({
    x: { kind: 'a', a: '1' },
  })
  expect(await leaves(z.array(A), [{ kind: 'a', a: '1', ...secret }])).toEqual([{ kind: 'a', a: '1' }])
})

test('transforms apply on the way out', async () => {
  const shape = z.object({ at: z.date().transform((date) => date.toISOString()) })
  expect(await leaves(shape, { at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' })
})

test('an asynchronous schema is waited for', async () => {
  const shape = z.object({ id: z.string() }).refine(async () => Promise.resolve(true))
  expect(await leaves(shape, user)).toEqual({ id: 'u1' })
  const never = z.object({ id: z.string() }).refine(async () => Promise.resolve(false))
  expect(await leaves(never, user)).toContain(500)
})

test('a handler that breaks its contract is a bare 500, and the author is told where', async () => {
  expect(await leaves(z.object({ id: z.number(), name: z.string() }), { id: 'u1', ...secret })).toEqual([
    500,
    'Internal Server Error',
    expect.stringMatching(/BrokenContract: The handler broke its contract at id: .*; name: /),
  ])
  expect(await leaves(z.object({ id: z.string() }), undefined)).toContain(500)
})

test('a status and no shape; a status without a body', async () => {
  const app = api()
    .post('/made', {}, { status: 201 }, () => ({ id: 1 }))
    .delete('/gone', {}, { status: 204 }, () => undefined)
  const made = await app.request('/made', { method: 'POST' })
  expect([made.status, await made.json()]).toEqual([201, { id: 1 }])
  const gone = await app.request('/gone', { method: 'DELETE' })
  expect([gone.status, await gone.text(), gone.headers.get('content-type')]).toEqual([204, '', null])
})

test('a Response of its own leaves as it is', async () => {
  const app = api().get(
    '/',
    {},
    { returns: z.object({ id: z.string() }) },
    () => new Response('text') as never,
  )
  expect(await (await app.request('/')).text()).toBe('text')
})
