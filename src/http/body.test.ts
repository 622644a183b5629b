import { expect, test } from 'vitest'
import { alreadyRead, readBytes, readText } from './body.ts'
import { HttpError } from './http-error.ts'

function post(body: RequestInit['body'], headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/', {
    method: 'POST',
    body: body ?? null,
    headers,
    duplex: 'half',
  } as RequestInit)
}

/** A long body of unknown length that counts what was taken from it. */
function endless(chunkBytes: number): {
  stream: ReadableStream<Uint8Array>
  taken: () => number
  cancelled: () => boolean
} {
  let taken = 0
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        // far beyond every limit here, and yet an end: a reader that forgot to count must fail and not hang
        if (taken > 1_000_000) return controller.close()
        taken += chunkBytes
        controller.enqueue(new Uint8Array(chunkBytes))
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, taken: () => taken, cancelled: () => cancelled }
}

test('a body within the limit is read whole, byte for byte', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  await expect(readBytes(post(bytes), 256)).resolves.toEqual(bytes)
})

test('a body in several chunks is put together in order', async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5)])
        controller.enqueue(chunk)
      controller.close()
    },
  })
  await expect(readBytes(post(stream), 5)).resolves.toEqual(Uint8Array.of(1, 2, 3, 4, 5))
})

test('a request without a body is empty', async () => {
  await expect(readText(new Request('http://localhost/'), 10)).resolves.toBe('')
})

test('SECURITY 288: a Content-Length above the limit is refused before a byte is read', async () => {
  const body = endless(10)
  await expect(
    readBytes(post(body.stream, { 'content-length': '1000001' }), 1_000_000),
  ).rejects.toMatchObject({ status: 413 })
  expect(body.taken()).toBe(0)
})

test('SECURITY 288: a body without a length is counted while it is read, then cancelled', async () => {
  const body = endless(1000)
  await expect(readBytes(post(body.stream), 2500)).rejects.toMatchObject({ status: 413 })
  expect(body.taken()).toBe(3000)
  expect(body.cancelled()).toBe(true)
})

test('SECURITY 288: a Content-Length that lies does not raise the limit', async () => {
  const body = endless(1000)
  await expect(readBytes(post(body.stream, { 'content-length': '5' }), 2500)).rejects.toMatchObject({
    status: 413,
  })
})

test('a body that was read before is a mistake of the program, told as such', async () => {
  const request = post('hello')
  await request.text()
  const error = await readBytes(request, 10).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect(error).not.toBeInstanceOf(HttpError)
  expect((error as Error).message).toBe('The request body was already read by something that ran before')
})

test('a body that was read in part is the same mistake', async () => {
  const request = post('hello')
  const reader = request.body?.getReader()
  await reader?.read()
  reader?.releaseLock()
  await expect(readBytes(request, 10)).rejects.toThrow('already read')
})

test('a body that somebody else is reading is the same mistake', async () => {
  const request = post('hello')
  request.body?.getReader()
  await expect(readBytes(request, 10)).rejects.toThrow('already read')
})

test('bytes that are not UTF-8 are refused and not replaced', async () => {
  await expect(readText(post(Uint8Array.of(0x68, 0xff, 0x69)), 10)).rejects.toMatchObject({ status: 400 })
})

test('a compressed body is refused: nothing small becomes large', async () => {
  await expect(readText(post('x', { 'content-encoding': 'gzip' }), 10)).rejects.toMatchObject({ status: 415 })
  await expect(readText(post('x', { 'content-encoding': 'Identity' }), 10)).resolves.toBe('x')
})

test('a sender that breaks off gets a 400 and no half body', async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Uint8Array.of(1))
      controller.error(new Error('gone'))
    },
  })
  await expect(readBytes(post(stream), 10)).rejects.toMatchObject({ status: 400 })
})

test.each([
  ['a program that reads twice', alreadyRead()],
  ['a limit of its own', new HttpError(413)],
])('what a stream says of itself is told as it is: %s', async (_what, error) => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.error(error)
    },
  })
  await expect(readBytes(post(stream), 10)).rejects.toBe(error)
})
