/** Reading a request body: never more than the limit, and never more than once. */

import { isAscii } from 'node:buffer'
import { HttpError } from './http-error.ts'

/** Where the bytes of a request come from when its listener knows a shorter way than a web stream. */
export interface BodySource {
  /**
   * Calls `onChunk` for each chunk until that answers false, and resolves to what `made` gives then. `undefined` when somebody
   * has begun to read the stream.
   *
   * @throws {HttpError} 400 when the sender stopped half-way; what `made` throws.
   */
  read<Made>(onChunk: OnChunk, made: () => Made): Promise<Made> | undefined
}

/** Takes a chunk; false ends the reading. */
export type OnChunk = (chunk: Uint8Array) => boolean

/** The property under which a listener leaves a {@link BodySource} on a request. */
export const bodySource: unique symbol = Symbol('gatewright.bodySource')

/**
 * Reads a body into memory.
 *
 * @example
 *
 * ```ts
 * const bytes = await readBytes(request, 1_000_000)
 * ```
 *
 * @param limit In bytes.
 * @throws {HttpError} 413 when there is more, 415 when the body is compressed, 400 when the sender stopped half-way.
 * @throws {TypeError} When the body was read before.
 */
export function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  return readWhole(request, limit, (bytes) => bytes)
}

/**
 * Reads a body, and makes something of it at once: each promise in between has its price.
 *
 * @throws What {@link readBytes} does, and what `make` throws.
 */
export function readWhole<Made>(
  request: Request,
  limit: number,
  make: (bytes: Uint8Array) => Made,
): Promise<Made> {
  const chunks: Uint8Array[] = []
  return intoPieces(
    request,
    limit,
    (chunk) => void chunks.push(chunk),
    () => make(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : joined(chunks)),
  )
}

/**
 * Reads a body as text. It must be UTF-8: a byte that is not would become a replacement character, and two different
 * bodies the same text.
 *
 * @param limit In bytes.
 * @throws {HttpError} 400 when it is not UTF-8; otherwise as {@link readBytes}.
 */
export function readText(request: Request, limit: number): Promise<string> {
  return readWhole(request, limit, decodeUtf8)
}

/** Decodes UTF-8, a leading byte order mark dropped. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    // Most are, and it is found out and read in a third of the time.
    if (isAscii(bytes))
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw new HttpError(400, 'The body is not valid UTF-8', { cause })
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Hands over a body chunk by chunk, counted while reading, as a chunked body does not say its length beforehand. */
export function eachChunk(
  request: Request,
  limit: number,
  onChunk: (chunk: Uint8Array) => void,
): Promise<void> {
  return intoPieces(request, limit, onChunk, () => undefined)
}

function intoPieces<Made>(
  request: Request,
  limit: number,
  onChunk: (chunk: Uint8Array) => void,
  made: () => Made,
): Promise<Made> {
  const intake = newIntake(limit, onChunk)
  const end = (): Made => {
    if (intake.refusal !== undefined) throw intake.refusal
    return made()
  }
  try {
    return begin(request, intake, end)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What takes the chunks of one body. */
interface Intake {
  readonly limit: number
  readonly take: OnChunk
  /** Why it took no more. */
  refusal: unknown
}

function newIntake(limit: number, onChunk: (chunk: Uint8Array) => void): Intake {
  let size = 0
  const intake: Intake = {
    limit,
    take(chunk) {
      size += chunk.byteLength
      try {
        if (size > limit) throw tooLarge()
        onChunk(chunk)
      } catch (error) {
        intake.refusal = error
        return false
      }
      return true
    },
    refusal: undefined,
  }
  return intake
}

/** Begins to read, after a look at what the headers say of the body. */
function begin<Made>(request: Request, { limit, take }: Intake, end: () => Made): Promise<Made> {
  const { headers } = request
  // RFC 9110 §8.4: nothing here decompresses, so a small body cannot become a large one.
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.trim().toLowerCase() !== 'identity') {
    throw new HttpError(415, 'The content coding of the body is not supported')
  }
  if (Number(headers.get('content-length') ?? 0) > limit) throw tooLarge()
  if (request.bodyUsed) throw alreadyRead()
  const sourced = request as { [bodySource]?: BodySource }
  const source = sourced[bodySource]
  const reading = source?.read(take, end) ?? readStream(request, take).then(end, rethrown)
  // the request cannot know that it was read past it
  if (source !== undefined) sourced[bodySource] = readBefore
  return reading
}

/** What is wrong with the program or the request says so itself; all else is a body that did not arrive. */
export function unreadable(cause: unknown): Error {
  if (cause instanceof BodyReadTwice || cause instanceof HttpError) return cause
  return new HttpError(400, 'The body could not be read', { cause })
}

function rethrown(cause: unknown): never {
  throw unreadable(cause)
}

const readBefore: BodySource = { read: () => Promise.reject(alreadyRead()) }

async function readStream(request: Request, onChunk: OnChunk): Promise<void> {
  if (request.body === null) return
  if (request.body.locked) throw alreadyRead()
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (!onChunk(value)) {
      // not awaited: a source that never settles its cancellation must not keep the answer back
      reader.cancel().catch(() => undefined)
      return
    }
  }
}

/** Somebody asked for a body that is gone. A mistake in the program, not in the request. */
class BodyReadTwice extends TypeError {}

/** The error for a body that another piece of code has read before. */
export function alreadyRead(): TypeError {
  return new BodyReadTwice('The request body was already read by something that ran before')
}

function tooLarge(): HttpError {
  return new HttpError(413)
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((size, { byteLength }) => size + byteLength, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
