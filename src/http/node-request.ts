/** A web `Request` from a `node:http` one, for frameworks that were there first. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { alreadyRead } from './body.ts'
import { rebuiltBody, type ParsedBody } from './hosts/mounted-body.ts'

/** An application that can be mounted. */
export interface Mountable {
  fetch(request: Request, info: MountInfo): Response | Promise<Response>
}

/** What a mounted application is told beyond the request. */
export interface MountInfo {
  /** The IP address of the client, as the framework sees it. */
  readonly address?: string | undefined
  /** What the framework has matched before the application's own part: `/api`. Part of the request's URL. */
  readonly basePath?: string | undefined
}

/** Where a request was sent, as its client wrote it. */
export interface PublicUrl {
  readonly protocol: string
  readonly host: string | undefined
  /** Path and query, nothing stripped. */
  readonly path: string
}

/** Builds the request, from a body parser's result where one has run. Aborts when the client goes away. */
export function toRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  parsed: ParsedBody,
  url: PublicUrl,
): Request {
  const headers = headersOf(incoming)
  return build(incoming, outgoing, publicUrl(url), headers, bodyOf(incoming, parsed, headers))
}

/** Builds the request of which nobody has read anything yet. */
export function nativeRequest(incoming: IncomingMessage, outgoing: ServerResponse, url: string): Request {
  return build(incoming, outgoing, url, headersOf(incoming), lazyStream(incoming))
}

/** The request without its body, for whoever only looks at how it is addressed and what its headers say. */
export function headOf(incoming: IncomingMessage, url: PublicUrl): Request {
  const { method = 'GET' } = incoming
  return new Request(publicUrl(url), { method, headers: headersOf(incoming) })
}

/** What the lighter request of srvx has of `node:http`. */
interface LightRequest extends Request {
  readonly runtime?: { readonly node?: { readonly req?: IncomingMessage; readonly res?: ServerResponse } }
}

const natives = new WeakMap<Request, Request>()

/**
 * The request as `new Request(request)`, `fetch(request)` and everything else of the platform takes it. What the listener
 * gives is lighter and would be refused there; anything else is returned as it is.
 */
export function asNative(request: Request): Request {
  const { req, res } = (request as LightRequest).runtime?.node ?? {}
  if (req === undefined || res === undefined) return request
  const native = natives.get(request) ?? nativeRequest(req, res, request.url)
  natives.set(request, native)
  return native
}

/**
 * The answer to TRACE and its like, of which the platform makes no request at all: the Fetch standard forbids them, as
 * they would show a script the cookies it may not read.
 */
export function refusedMethod(method: string | undefined): Response | undefined {
  if (method !== 'TRACE' && method !== 'TRACK' && method !== 'CONNECT') return undefined
  const headers = {
    allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'content-type': 'application/json',
  }
  return new Response('{"detail":"Method Not Allowed"}', { status: 405, headers })
}

function build(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  url: string,
  headers: Headers,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
): Request {
  const { method = 'GET' } = incoming
  const abort = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort()
  })
  const init = { method, headers, signal: abort.signal, duplex: 'half' }
  return new Request(url, method === 'GET' || method === 'HEAD' ? init : { ...init, body })
}

/** From the list as it came: Node's own record drops a second `Authorization` without a word. */
function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    const name = incoming.rawHeaders[at] ?? ''
    if (!name.startsWith(':')) headers.append(name, incoming.rawHeaders[at + 1] ?? '')
  }
  return headers
}

/** Turns what the client wrote into a URL. A host that is none becomes one that matches nothing. */
function publicUrl({ protocol, host, path }: PublicUrl): string {
  const origin = `${protocol}://${host ?? 'localhost'}`
  const known =
    URL.canParse(origin) && new URL(origin).host === host?.toLowerCase() ? origin : `${protocol}://invalid`
  return path.startsWith('/') ? known + path : `${known}/`
}

function bodyOf(
  incoming: IncomingMessage,
  parsed: ParsedBody,
  headers: Headers,
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null {
  const isRead = incoming.readableDidRead || incoming.readableEnded
  if (!isRead && !(parsed.rawBody instanceof Uint8Array)) return lazyStream(incoming)
  if (incoming.headers['content-length'] === '0') return null
  const body = rebuiltBody(parsed, incoming.headers['content-type'])
  // the parser has decompressed it, and it may have another length now
  headers.delete('content-encoding')
  headers.delete('transfer-encoding')
  headers.set('content-length', String(body.byteLength))
  return body
}

/** Reads nothing until asked; when given up, it stops reading and leaves the socket open for the answer. */
function lazyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let iterator: AsyncIterator<Uint8Array> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (iterator === undefined && incoming.readableDidRead) throw alreadyRead()
        iterator ??= incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await iterator?.return?.()
        incoming.resume()
      },
    },
    { highWaterMark: 0 },
  )
}
