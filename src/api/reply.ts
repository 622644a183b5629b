/** From what a handler returned to the one response, built once. */

import type { HttpError } from '../http/http-error.ts'
import type { OAuthError } from '../protocol/oauth-error.ts'
import type { ResponseControls } from './context.ts'
import type { Refusal } from './refusal.ts'

/** How a response is made: the listener's own faster class, or the platform's. */
export type ResponseClass = typeof Response

/** One event of a server-sent stream. */
export interface ServerSentEvent {
  /** Text as it is, everything else as JSON. */
  readonly data: unknown
  readonly event?: string
  readonly id?: string
  /** How long a client should wait before it connects again, in milliseconds. */
  readonly retry?: number
}

/** A body that is sent while it is made. */
export class StreamReply {
  readonly source: AsyncIterable<string | Uint8Array>
  readonly headers: Readonly<Record<string, string>>

  constructor(source: AsyncIterable<string | Uint8Array>, headers: Readonly<Record<string, string>>) {
    this.source = source
    this.headers = headers
  }
}

/**
 * Streams text or bytes.
 *
 * @example
 *
 * ```ts
 * app.get('/export', {}, () => stream(rowsAsCsv(), 'text/csv'))
 * ```
 *
 * @param source What is sent, piece by piece. It is stopped when the client goes away.
 * @param contentType `application/octet-stream` unless told.
 */
export function stream(
  source: AsyncIterable<string | Uint8Array>,
  contentType: string = 'application/octet-stream',
): StreamReply {
  return new StreamReply(source, { 'content-type': contentType })
}

/**
 * Streams server-sent events, for `EventSource` in a browser.
 *
 * @example
 *
 * ```ts
 * app.get('/ticks', { user: currentUser }, () => events(ticks()))
 * ```
 */
export function events(source: AsyncIterable<ServerSentEvent>): StreamReply {
  return new StreamReply(serialized(source), {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    // Proxies that buffer would hold events back until the stream ends.
    'x-accel-buffering': 'no',
  })
}

async function* serialized(source: AsyncIterable<ServerSentEvent>): AsyncGenerator<string, void, void> {
  for await (const { data, event, id, retry } of source) {
    const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? 'null')
    const fields = [
      event === undefined ? '' : `event: ${oneLine(event)}\n`,
      id === undefined ? '' : `id: ${oneLine(id)}\n`,
      retry === undefined ? '' : `retry: ${Math.trunc(retry)}\n`,
      ...text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`),
    ]
    yield `${fields.join('')}\n`
  }
}

/** A line break in a name would begin a field of its own. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ')
}

/** What every response of one request gets besides its own. */
export interface Framing {
  readonly Response: ResponseClass
  /** For example those of CORS. */
  readonly headers: Readonly<Record<string, string>> | undefined
}

/** A handler's result as a response. A `Response` of its own leaves as it is. */
export function replyTo(
  result: unknown,
  contractStatus: number | undefined,
  touched: ResponseControls | undefined,
  framing: Framing,
): Response {
  if (result instanceof Response) return withHeaders(result, framing)
  const status = touched?.status ?? contractStatus ?? 200
  if (hasNoBody(status)) return build(null, status, {}, touched, framing)
  if (result instanceof StreamReply) {
    return build(streamed(result.source), status, result.headers, touched, framing)
  }
  if (result instanceof ReadableStream) return build(result, status, octets, touched, framing)
  if (isAsyncIterable(result)) return build(streamed(result), status, octets, touched, framing)
  return build(JSON.stringify(result) ?? 'null', status, json, touched, framing)
}

const json = { 'content-type': 'application/json' }
const octets = { 'content-type': 'application/octet-stream' }

/** A refusal: its body and headers were ready before the request came. */
export function refusalReply(refusal: Refusal, framing: Framing): Response {
  return build(refusal.body, refusal.status, refusal.headers, undefined, framing)
}

/** An error whose response is part of its meaning. */
export function errorReply(error: HttpError | OAuthError, framing: Framing): Response {
  const { status } = error
  // RFC 9110 §6.4.1: these have no body.
  if (hasNoBody(status)) return build(null, status, lowerCased(error.headers), undefined, framing)
  const headers = { ...json, ...lowerCased(error.headers) }
  return build(JSON.stringify(error.toJSON()), status, headers, undefined, framing)
}

/** What nobody foresaw: nothing about it leaves. */
export function bareFailure(framing: Framing): Response {
  return build('Internal Server Error', 500, { 'content-type': 'text/plain' }, undefined, framing)
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function build(
  body: string | ReadableStream | null,
  status: number,
  headers: Readonly<Record<string, string>>,
  touched: ResponseControls | undefined,
  framing: Framing,
): Response {
  const own = framing.headers === undefined ? headers : { ...headers, ...withVary(headers, framing) }
  if (touched === undefined) return new framing.Response(body, { status, headers: own })
  const all = new Headers(own)
  for (const [name, value] of touched.headers) {
    // What a cache must look at is a list: the application's part does not replace that of CORS.
    if (name === 'set-cookie' || name === 'vary') all.append(name, value)
    else all.set(name, value)
  }
  return new framing.Response(body, { status, headers: all })
}

function withVary(
  { vary }: Readonly<Record<string, string>>,
  { headers }: Framing,
): Readonly<Record<string, string>> | undefined {
  if (vary === undefined || headers?.['vary'] === undefined) return headers
  return { ...headers, vary: `${vary}, ${headers['vary']}` }
}

function withHeaders(response: Response, framing: Framing): Response {
  if (framing.headers === undefined) return response
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(framing.headers)) {
    if (name === 'vary') headers.append(name, value)
    else headers.set(name, value)
  }
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}

function streamed(source: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

/** Whether the response to this is still being made while it leaves. */
export function leavesInPieces(result: unknown): boolean {
  if (result instanceof Response) return result.body !== null
  return result instanceof StreamReply || result instanceof ReadableStream || isAsyncIterable(result)
}

/** Tells when a body has left, or will not any more. */
export function whenSent(
  response: Response,
  then: (failure?: { readonly error: unknown }) => void,
): Response {
  if (response.body === null) {
    then()
    return response
  }
  const reader = response.body.getReader()
  let isOver = false
  let isCancelled = false
  const end = (failure?: { readonly error: unknown }): void => {
    if (!isOver) then(failure)
    isOver = true
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        // The client went away while this piece was made: there is nobody to hand it to.
        if (isCancelled) return
        if (!done) return controller.enqueue(value)
        controller.close()
        end()
      } catch (error) {
        controller.error(error)
        end({ error })
      }
    },
    async cancel(reason) {
      isCancelled = true
      await reader.cancel(reason).finally(() => end())
    },
  })
  const { status, statusText, headers } = response
  return new Response(body, { status, statusText, headers })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** A HEAD is a GET whose body stays here (RFC 9110 §9.3.2). */
export async function withoutBody(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer
  // Not awaited: a stream that fails while it is stopped, or never stops, is no reason to keep the headers back.
  response.body?.cancel().catch(() => undefined)
  const { status, statusText, headers } = response
  return new Response(null, { status, statusText, headers })
}
