/** Serving an application on a port, on Node, Bun and Deno. The only file that knows srvx and crossws. */

import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { serve } from 'crossws/server/node'
import type { Server, ServerRequest } from 'srvx'
import { bodySource, type BodySource } from './body.ts'
import { limitsOf, type Limits, type ListenLimits } from './listen-limits.ts'
import { busy } from './busy.ts'
import { NodeBody } from './node-body.ts'
import { plainTarget } from './location.ts'
import { NamedStatus, watchNode, type NodeWatch } from './node-connections.ts'
import { asNative, refusedMethod } from './node-request.ts'
import { webSockets } from './websocket-hooks.ts'
import type { Upgrade } from './websocket.ts'

export type { ListenLimits } from './listen-limits.ts'

/** What a listener knows of a request beyond the request itself. */
export interface RequestInfo {
  /** The IP address of the client; of the last hop that is not trusted, with `trustProxy`. */
  readonly address?: string | undefined
  /** What the path begins with before the application's own part, where it is mounted below one: `/api`. */
  readonly basePath?: string | undefined
  /** The request target as it was sent, where it needs no normalising: a part of the URL that is cheaper to come by. */
  readonly requestTarget?: string | undefined
  /** Keeps the process from closing before the promise has settled. */
  waitUntil?(promise: Promise<unknown>): void
  /** A response class that the listener sends faster. Build the one response of a request with it. */
  readonly Response?: typeof Response | undefined
}

/** What can be served. */
export interface Listenable {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>
  /** Decides about a WebSocket. Without it such a request goes to `fetch` like any other. */
  upgrade?(request: Request, info: RequestInfo): Upgrade | Promise<Upgrade>
  /** Limits that the application asks for; the options of {@link listen} go before them. */
  readonly limits?: ListenLimits
  /**
   * Set by an application that never gives its request to `new Request(request)` or `fetch(request)`: on Node it is then
   * spared the making of a native one, and gets srvx's, which behaves the same otherwise. `asNative` makes one of it.
   */
  readonly takesLightRequests?: boolean
}

/** Where and how to listen. */
export interface ListenOptions extends ListenLimits {
  /** 8000 unless told; 0 takes a free one. */
  readonly port?: number
  /** `localhost` unless told: only this machine. `0.0.0.0` or `::` for all networks. */
  readonly hostname?: string
  /** Which proxies may say who the client is and which host it asked for. None unless told. */
  readonly trustProxy?: boolean | 'loopback' | readonly string[]
  /** Told of what `fetch` or `upgrade` threw. The client gets a bare 500. `console.error` unless told. */
  readonly onError?: (error: unknown) => void
}

/** A port being listened on. */
export interface Listener {
  readonly port: number
  readonly hostname: string
  /** `http://localhost:8000`, without a slash at the end. */
  readonly url: string
  /**
   * Stops: takes no more connections, closes the idle ones, lets requests finish, tells WebSockets (1001).
   *
   * @param options.grace What is still open after so many seconds is cut. 10 unless told.
   */
  close(options?: { readonly grace?: number }): Promise<void>
}

/**
 * Listens on a port.
 *
 * @example
 *
 * ```ts
 * const listener = await listen({ fetch: () => new Response('hello') }, { port: 8000 })
 * await listener.close()
 * ```
 *
 * @throws {Error} One line, when the port or the address cannot be had.
 */
export async function listen(target: Listenable, options: ListenOptions = {}): Promise<Listener> {
  const { port = 8000, hostname = 'localhost', onError = console.error } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`port must be a whole number from 0 to 65535, not ${String(port)}`)
  }
  const limits = limitsOf(target.limits, options)
  const runtime = await loadRuntime()
  const abort = new AbortController()
  const sockets = webSockets(decide, limits, onError)
  const traffic = { inFlight: 0 }
  let node: NodeWatch | undefined

  function infoOf(request: ServerRequest): RequestInfo {
    return new ListenerInfo(request, runtime.Response)
  }

  function failed(error: unknown): Response {
    onError(error)
    return new runtime.Response('Internal Server Error', { status: 500 })
  }

  function dispatch(request: ServerRequest): Response | Promise<Response> {
    const refused = refusedMethod(request.method)
    if (refused !== undefined) return refused
    const info = infoOf(request)
    try {
      const answer = target.fetch(onNode(request, target.takesLightRequests === true), info)
      return answer instanceof Promise ? answer.catch(failed) : answer
    } catch (error) {
      return failed(error)
    }
  }

  async function decide(request: ServerRequest): Promise<Upgrade> {
    try {
      return (await target.upgrade?.(request, infoOf(request))) ?? new Response(null, { status: 404 })
    } catch (error) {
      onError(error)
      return new Response('Internal Server Error', { status: 500 })
    }
  }

  /** Node counts until the response has left, in node-connections.ts; elsewhere a request ends with its answer. */
  function handle(request: ServerRequest): Response | Promise<Response> {
    if (!isHost(hostOf(request))) return new runtime.Response(null, { status: 400 })
    if (node !== undefined)
      return node.inFlight() > limits.maxRequests ? busy(runtime.Response) : dispatch(request)
    if (headerBytes(request) > limits.maxHeaderBytes) return new Response(null, { status: 431 })
    if (traffic.inFlight >= limits.maxRequests) return busy(runtime.Response)
    traffic.inFlight++
    const answer = dispatch(request)
    if (answer instanceof Promise) return answer.finally(() => traffic.inFlight--)
    traffic.inFlight--
    return answer
  }

  const server: Server = runtime.serve({
    fetch: handle,
    port,
    // One address, so that 127.0.0.1 and localhost are the same server: clients that try ::1 first fall back at once.
    hostname: hostname === 'localhost' ? '127.0.0.1' : hostname,
    manual: true,
    silent: true,
    gracefulShutdown: false,
    // On Node everything that may throw is caught here, and srvx would wrap each request once more.
    ...(runtime.name === 'node' ? {} : { error: failed }),
    trustProxy:
      typeof options.trustProxy === 'object' ? [...options.trustProxy] : (options.trustProxy ?? false),
    node: nodeOptions(target, limits),
    // development would show stack traces to the client
    bun: { development: false, idleTimeout: Math.min(255, Math.ceil(limits.idleTimeout)) },
    deno: { signal: abort.signal },
    ...(target.upgrade === undefined
      ? {}
      : { websocket: { ...sockets.hooks, options: webSocketOptions(limits) } }),
  })
  const bunSocket = server.options.bun?.['websocket'] as { maxPayloadLength?: number } | undefined
  if (bunSocket !== undefined) bunSocket.maxPayloadLength = limits.maxMessageBytes
  const http = server.node?.server as HttpServer | undefined
  if (http !== undefined) {
    const { maxConnections, maxConnectionsPerAddress: told } = limits
    const isBehindProxy = options.trustProxy !== undefined && options.trustProxy !== false
    const usual = isBehindProxy ? maxConnections : Math.ceil(maxConnections / 2)
    node = watchNode(http, { ...limits, maxConnectionsPerAddress: told ?? usual })
  }

  try {
    await server.serve()
  } catch (error) {
    const reason = new Error(whyNot(error, port, hostname))
    // The sentence says it all: a program that does not catch this should end with it, not with our insides.
    reason.stack = `Error: ${reason.message}`
    throw reason
  }

  let closing: Promise<void> | undefined
  const actual = Number(new URL(server.url ?? '').port || 80)
  return {
    port: actual,
    hostname,
    url: `http://${shownHost(hostname)}:${actual}`,
    close: ({ grace = 10 } = {}) => (closing ??= closeWithin(grace)),
  }

  async function closeWithin(grace: number): Promise<void> {
    const finished = server.close().catch(() => undefined) // not running any more: as closed as can be
    node?.drain()
    sockets.closeAll()
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(resolve, grace * 1000, 'late')
    const isLate = (await Promise.race([finished, late])) === 'late'
    clearTimeout(timer)
    node?.stop()
    if (!isLate) return
    sockets.terminateAll()
    abort.abort()
    if (runtime.name === 'bun') await server.close(true)
  }
}

interface Runtime {
  readonly name: 'node' | 'bun' | 'deno'
  readonly serve: typeof serve
  readonly Response: typeof Response
}

async function loadRuntime(): Promise<Runtime> {
  if ('Bun' in globalThis) return { name: 'bun', serve: (await import('crossws/server/bun')).serve, Response }
  if ('Deno' in globalThis)
    return { name: 'deno', serve: (await import('crossws/server/deno')).serve, Response }
  const [{ serve }, { FastResponse }] = await Promise.all([import('crossws/server/node'), import('srvx')])
  return { name: 'node', serve, Response: FastResponse }
}

/** An object with a getter: most requests never ask for the address. */
class ListenerInfo implements RequestInfo {
  readonly Response: typeof Response
  readonly #request: ServerRequest

  constructor(request: ServerRequest, response: typeof Response) {
    this.#request = request
    this.Response = response
  }

  get address(): string | undefined {
    return this.#request.ip
  }

  get requestTarget(): string | undefined {
    return plainTarget(this.#request.runtime?.node?.req.url)
  }

  waitUntil(promise: Promise<unknown>): void {
    void this.#request.waitUntil?.(promise)
  }
}

/** Gives a request of Node the short way to its body, and makes it a native one where that matters. */
function onNode(request: ServerRequest, isLight: boolean): Request {
  if (!isLight) return asNative(request)
  const incoming = request.runtime?.node?.req
  if (incoming === undefined || incoming.method === 'GET') return request
  const light = request as { [bodySource]?: BodySource }
  light[bodySource] = new NodeBody(incoming as IncomingMessage)
  return request
}

/** Node's own way is shorter: two of them are one there that has a comma in it, as `joinDuplicateHeaders` is set. */
function hostOf(request: ServerRequest): string | null {
  const incoming = request.runtime?.node?.req
  return incoming === undefined ? request.headers.get('host') : (incoming.headers.host ?? null)
}

let lastHost: string | null = null

/** Whether a `Host` is one and only one: what is none would become part of the URL that links are built from. */
function isHost(host: string | null): boolean {
  // nearly every request has the same one
  if (host === lastHost) return true
  if (host !== null && (!URL.canParse(`http://${host}`) || /[\s/?#@\\,]/.test(host))) return false
  lastHost = host
  return true
}

/** Whole seconds where the runtime has a timer of its own; Bun takes nothing below 8. */
function webSocketOptions({ pingTimeout, maxMessageBytes }: Limits): Record<string, object> {
  return {
    node: { idleTimeout: pingTimeout, serverOptions: { maxPayload: maxMessageBytes } },
    bun: { idleTimeout: Math.max(8, Math.ceil(pingTimeout)) },
    deno: { idleTimeout: Math.ceil(pingTimeout) },
  }
}

function nodeOptions(target: Listenable, limits: Limits): Record<string, unknown> {
  const milliseconds = (seconds: number): number => Math.ceil(seconds * 1000)
  const requestTimeout = milliseconds(limits.requestTimeout)
  const headersTimeout = Math.min(milliseconds(limits.headersTimeout), requestTimeout)
  return {
    headersTimeout,
    requestTimeout,
    keepAliveTimeout: milliseconds(limits.keepAliveTimeout),
    connectionsCheckingInterval: Math.min(1000, Math.ceil(headersTimeout / 2)),
    maxHeaderSize: limits.maxHeaderBytes,
    ServerResponse: NamedStatus,
    // even when the environment asks for the lenient parser: TE and CL together must stay an error
    insecureHTTPParser: false,
    // a second Authorization would be dropped without a word: joined, it is a credential that fits nobody
    joinDuplicateHeaders: true,
    // an `Upgrade: h2c` is not for us and is served as the plain request that it also is (RFC 9110 §7.8)
    shouldUpgradeCallback: (request: { headers: { upgrade?: string } }) =>
      target.upgrade !== undefined && request.headers.upgrade?.toLowerCase() === 'websocket',
  }
}

function headerBytes(request: Request): number {
  let size = request.url.length
  for (const [name, value] of request.headers) size += name.length + value.length + 4
  return size
}

function whyNot(error: unknown, port: number, hostname: string): string {
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  if (code === 'EADDRINUSE' || name === 'AddrInUse') return `Port ${port} is already in use`
  if (code === 'EACCES' || name === 'PermissionDenied') return `Port ${port} may not be used by this process`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || name === 'AddrNotAvailable') {
    return `${hostname} is not an address of this machine`
  }
  return `Cannot listen on port ${port}: ${String(message).split('\n', 1)[0]}`
}

function shownHost(hostname: string): string {
  if (hostname === '0.0.0.0' || hostname === '::') return 'localhost'
  return hostname.includes(':') ? `[${hostname}]` : hostname
}
