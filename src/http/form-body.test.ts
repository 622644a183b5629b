import { expect, test } from 'vitest'
import { readForm, type FormFields, type FormLimits } from './form-body.ts'

const limits: FormLimits = { bytes: 1_000_000, fields: 1000, fileBytes: 100_000 }

function read(
  body: string | Uint8Array | ReadableStream | FormData,
  type?: string,
  within = limits,
): Promise<FormFields> {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return readForm(
    new Request('http://localhost/', { method: 'POST', headers, body: bytes, duplex: 'half' } as RequestInit),
    within,
  )
}

const form = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data; boundary=XX'

function part(disposition: string, content: string, more = ''): string {
  return `--XX\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`
}

test('an urlencoded form keeps order, repetition and empty values', async () => {
  const fields = await read('a=1&b=&a=%C3%A4+x&c', form)
  expect(fields.entries).toEqual([
    ['a', '1'],
    ['b', ''],
    ['a', 'ä x'],
    ['c', ''],
  ])
  expect(fields.get('a')).toBe('ä x')
  expect(fields.getAll('a')).toEqual(['1', 'ä x'])
  expect(fields.get('nothing')).toBeUndefined()
})

test.each([form.toUpperCase(), `${form}; charset=utf-8`, `${form}\t;x`, ` ${form} `])(
  'SECURITY 292: %j is a form',
  async (type) => {
    expect((await read('a=1', type)).entries).toEqual([['a', '1']])
  },
)

test.each(['application/json', 'text/plain', undefined, 'x-www-form-urlencoded', `${form}, text/plain`])(
  'FASTAPI A7: with content type %j all fields are missing',
  async (type) => {
    expect((await read(new TextEncoder().encode('a=1&username=x'), type)).entries).toEqual([])
  },
)

test('SECURITY 288: 10 000 parameters are refused with 400, before any is decoded', async () => {
  const body = Array.from({ length: 10_000 }, (_, index) => `p${index}=%zz`).join('&')
  await expect(read(body, form)).rejects.toMatchObject({ status: 400 })
  await expect(read('&'.repeat(900_000), form)).rejects.toMatchObject({ status: 400 })
  expect((await read('a&'.repeat(999), form)).entries).toHaveLength(999)
})

test('SECURITY 288: a form of more than the limit is refused with 413', async () => {
  await expect(read('a='.padEnd(1_000_001, 'x'), form)).rejects.toMatchObject({ status: 413 })
})

test('SECURITY 291: __proto__ and constructor are names like any other', async () => {
  const fields = await read('__proto__[x]=1&constructor=2&__proto__=3', form)
  expect(fields.get('__proto__')).toBe('3')
  expect(fields.get('constructor')).toBe('2')
  expect(fields.get('toString')).toBeUndefined()
  expect(({} as { x?: unknown }).x).toBeUndefined()
})

test('a multipart form as a browser sends it', async () => {
  const data = new FormData()
  data.append('name', 'Ä "quoted"')
  data.append('file', new File([Uint8Array.of(0, 255, 13, 10)], 'ä.bin', { type: 'image/png' }))
  data.append('file', new File([], 'empty.txt', { type: 'text/plain' }))
  const fields = await read(data)
  expect(fields.get('name')).toBe('Ä "quoted"')
  const [first, second] = fields.getAll('file') as [File, File]
  expect([first.name, first.type, await first.bytes()]).toEqual([
    'ä.bin',
    'image/png',
    Uint8Array.of(0, 255, 13, 10),
  ])
  expect([second.name, second.type, second.size]).toEqual(['empty.txt', 'text/plain', 0])
})

test('a multipart form may arrive byte by byte', async () => {
  const text = part('name="a"', '1') + part('name="f"; filename="x"', 'data') + '--XX--\r\nepilogue'
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of new TextEncoder().encode(text)) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const fields = await read(stream, multipart)
  expect(fields.get('a')).toBe('1')
  await expect((fields.get('f') as File).text()).resolves.toBe('data')
})

test('a text part may be in another charset, when it says so', async () => {
  const head =
    '--XX\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n'
  const bytes = Uint8Array.from(`${head}\u00e4\r\n--XX--`, (char) => char.charCodeAt(0))
  expect((await read(bytes, multipart)).get('a')).toBe('ä')
})

test('a multipart form without a boundary is told so', async () => {
  await expect(read('x', 'multipart/form-data')).rejects.toMatchObject({
    status: 400,
    detail: 'Missing boundary in multipart.',
  })
})

test.each([
  ['nothing', ''],
  ['no boundary', 'hello'],
  ['no end', part('name="a"', '1')],
  ['no name', part('filename="a"', '1') + '--XX--'],
  ['no headers', '--XX\r\n\r\n1\r\n--XX--'],
  ['text that is not UTF-8', `${part('name="a"', '\u00ff')}--XX--`],
  ['an unknown charset', `${part('name="a"', '1', 'Content-Type: text/plain; charset=klingon\r\n')}--XX--`],
  ['endless headers', `--XX\r\nX: ${'x'.repeat(100_000)}`],
])('broken multipart (%s) is a 400', async (_what, text) => {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
  await expect(read(bytes, multipart)).rejects.toMatchObject({
    status: 400,
    detail: 'There was an error parsing the body',
  })
})

test('SECURITY 288: too many parts are a 400, a large file or form is a 413', async () => {
  const many = Array.from({ length: 11 }, (_, index) => part(`name="p${index}"`, '')).join('')
  const within = { ...limits, fields: 10 }
  await expect(read(`${many}--XX--`, multipart, within)).rejects.toMatchObject({
    status: 400,
    detail: 'Too many fields. Maximum number of fields is 10.',
  })
  const file = part('name="f"; filename="x"', 'x'.repeat(100_001))
  await expect(read(`${file}--XX--`, multipart)).rejects.toMatchObject({ status: 413 })
  const large = part('name="f"; filename="x"', 'x'.repeat(90_000)).repeat(12)
  await expect(read(`${large}--XX--`, multipart)).rejects.toMatchObject({ status: 413 })
})

test('SECURITY 293: hostile boundaries and dispositions of 100 KB are dealt with at once', async () => {
  for (const hostile of [
    ';'.repeat(100_000),
    '; '.repeat(50_000),
    ' '.repeat(100_000),
    '; boundary="'.repeat(8000),
  ]) {
    await expect(read('x', `multipart/form-data${hostile}`)).rejects.toMatchObject({ status: 400 })
  }
  const almost = '\r\n--X'.repeat(100_000)
  const fields = await read(`${part('name="a"; filename="f"', almost.slice(0, 99_000))}--XX--`, multipart)
  expect((fields.get('a') as File).size).toBe(99_000)
})
