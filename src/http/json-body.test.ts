import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson, type JsonBody } from './json-body.ts'

const limits = { bytes: 2_000_000, depth: 64 }

function read(
  body: string,
  contentType: string | null = 'application/json',
  within = limits,
): Promise<JsonBody> {
  const request = new Request('http://localhost/', { method: 'POST', body: new TextEncoder().encode(body) })
  if (contentType !== null) request.headers.set('content-type', contentType)
  return readJson(request, within)
}

test.each([
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'application/json;charset="utf-8"',
  'application/json\t; a=b',
  'application/json ',
  'application/problem+json',
  'application/vnd.api+json; v=1',
])('SECURITY 292: %j is JSON', async (type) => {
  await expect(read('{"a":1}', type)).resolves.toEqual({ value: { a: 1 } })
})

test.each([
  null,
  '',
  'text/plain',
  'text/plain; application/json',
  'application/jsonx',
  'application/x-json',
  'application/json, text/plain',
  'text/plain, application/json',
  'json',
  '+json',
  'application/+json',
  'multipart/form-data; x=application/json',
])('SECURITY 203, 292: %j is refused with 415, never parsed', async (type) => {
  await expect(read('{"a":1}', type)).rejects.toMatchObject({ status: 415 })
})

test('an empty body is undefined and not an error', async () => {
  await expect(read('')).resolves.toEqual({ value: undefined })
})

test('every JSON value comes through as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 8 }), async (value) => {
      const json = JSON.stringify(value)
      fc.pre(!json.includes('__proto__'))
      await expect(read(json)).resolves.toEqual({ value: JSON.parse(json) as unknown })
    }),
  )
})

test('FASTAPI A8: broken JSON says where and why, and quotes nothing of it', async () => {
  await expect(read('{"password": hunter2}')).resolves.toEqual({
    failure: { position: 13, message: 'Expecting value' },
  })
})

test('SECURITY 288: a thousand arrays inside each other are refused with 400', async () => {
  await expect(read('['.repeat(1000) + ']'.repeat(1000))).rejects.toMatchObject({ status: 400 })
  await expect(read('{"a":'.repeat(1000) + '1' + '}'.repeat(1000))).rejects.toMatchObject({ status: 400 })
})

test('SECURITY 288: a million opening brackets cost no stack', async () => {
  await expect(read('['.repeat(1_000_000))).rejects.toMatchObject({ status: 400 })
  await expect(
    read('['.repeat(1_000_000), 'application/json', { bytes: 2_000_000, depth: 2_000_000 }),
  ).resolves.toEqual({
    failure: { position: 1_000_000, message: 'Expecting value' },
  })
})

test('the depth limit is exact, and brackets in strings do not count', async () => {
  const within = { bytes: 1000, depth: 3 }
  await expect(read('[[[1]],[[2]]]', 'application/json', within)).resolves.toEqual({ value: [[[1]], [[2]]] })
  await expect(read('[[[[1]]]]', 'application/json', within)).rejects.toMatchObject({ status: 400 })
  const text = '[[[ \\" ]] {{{{ \\\\'
  await expect(read(JSON.stringify({ text }), 'application/json', within)).resolves.toEqual({
    value: { text },
  })
})

const spellings = [
  '__proto__',
  '\\u005f_proto__',
  '\\u005F\\u005Fproto\\u005F\\u005F',
  '\\u005f\\u005fproto\\u005f\\u005f',
  '__\\u0070roto__',
  '__prot\\u006F__',
]

test.each(spellings)('SECURITY 291: a member spelt %s is left out, at every depth', async (name) => {
  const body = await read(`{"a":[{"${name}":{"polluted":true},"b":1}],"${name}":{"admin":true}}`)
  expect(body).toEqual({ value: { a: [{ b: 1 }] } })
  const { value } = body as { value: { admin?: unknown } }
  expect(Object.keys(value)).toEqual(['a'])
  expect(value.admin).toBeUndefined()
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('SECURITY 291: constructor and prototype are data like any other', async () => {
  const text = '{"constructor":{"prototype":{"polluted":true}},"text":"__proto__"}'
  await expect(read(text)).resolves.toEqual({ value: JSON.parse(text) as unknown })
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('a body that is not UTF-8 is refused', async () => {
  const request = new Request('http://localhost/', {
    method: 'POST',
    body: Uint8Array.of(0x22, 0xff, 0x22),
    headers: { 'content-type': 'application/json' },
  })
  await expect(readJson(request, limits)).rejects.toMatchObject({ status: 400 })
})

test('a byte order mark is not part of the JSON', async () => {
  await expect(read('\uFEFF{"a":1}')).resolves.toEqual({ value: { a: 1 } })
})
