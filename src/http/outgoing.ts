/** Requests to other servers: https, no redirects, a limit on time and size, and none to an address inside. */

import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { addressKind } from './address-kind.ts'
import type { AddressKind } from './address-kind.ts'

/** How requests are sent. */
export interface OutgoingOptions {
  /** Kinds of addresses that may be reached besides public ones; none unless told. */
  readonly reachable?: readonly ('loopback' | 'private')[]
  /** Accepts `http` everywhere, where everybody on the way can read and change it. On this computer it may be used anyway. */
  readonly allowHttp?: boolean
  /** How long one request may take, from the name to the last byte, in seconds; 5 unless told. */
  readonly timeout?: number
  /** The largest answer that is read, in bytes; 1 MiB unless told. */
  readonly maxBytes?: number
  /** For requests that nobody waits for: the process may end while they are under way. With `fetch` they hold it up. */
  readonly isBackground?: boolean
  /** Sends the requests instead, through a proxy for example. The addresses that it reaches are then its own matter. */
  readonly fetch?: FetchLike | undefined
  /** Finds the addresses of a name; the system unless told. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>
}

/** The part of `fetch` that is used. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

/** What a name stands for. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** One request. */
export interface OutgoingRequest {
  /** GET unless told. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer, read to its end. */
export interface OutgoingAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Sends a request. */
export type Outgoing = (url: string, request?: OutgoingRequest) => Promise<OutgoingAnswer>

/** Why there is no answer. */
export type OutgoingFault = 'address' | 'scheme' | 'redirect' | 'time' | 'size' | 'encoding' | 'network'

/** A request that was not sent, or had no answer that could be used. Its message is for the log. */
export class OutgoingError extends Error {
  readonly fault: OutgoingFault

  constructor(fault: OutgoingFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'OutgoingError'
    this.fault = fault
  }
}

/**
 * Makes a function that sends requests within these limits.
 *
 * A name is resolved once, all of its addresses are judged, and the connection goes to one of those: a name that stands
 * for another address a moment later leads nowhere else (DNS rebinding). Each request has a connection of its own.
 *
 * @throws {OutgoingError} From the function it makes; whatever goes wrong, in one class.
 */
export function outgoing(options: OutgoingOptions = {}): Outgoing {
  const { timeout = 5, maxBytes = 1_048_576 } = options
  return async (address, request = {}) => {
    const url = URL.parse(address)
    if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      throw new OutgoingError('scheme', `${JSON.stringify(address.slice(0, 200))} is not an https address`)
    }
    url.hash = ''
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), timeout * 1000)
    if (options.isBackground === true) timer.unref()
    try {
      const sending = options.fetch
        ? throughFetch(options.fetch, url, request, options, limit.signal, maxBytes)
        : directly(url, request, options, limit.signal, maxBytes)
      // Names are looked up by the system, which cannot be told to stop: the clock runs beside it.
      return await Promise.race([sending, ended(limit.signal)])
    } catch (error) {
      if (limit.signal.aborted) {
        throw new OutgoingError('time', `${shown(url)} did not answer within ${timeout} s`)
      }
      if (error instanceof OutgoingError) throw error
      throw new OutgoingError('network', `${shown(url)} cannot be reached: ${reasonOf(error)}`, error)
    } finally {
      clearTimeout(timer)
    }
  }
}

async function directly(
  url: URL,
  request: OutgoingRequest,
  options: OutgoingOptions,
  signal: AbortSignal,
  maxBytes: number,
): Promise<OutgoingAnswer> {
  const addresses = await reachableAddresses(url, options)
  const { body } = request
  return new Promise((resolve, fail) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = send(
      url,
      {
        method: request.method ?? 'GET',
        headers: {
          ...headersOf(request),
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        agent: false,
        signal,
        lookup: pinnedTo(addresses),
      },
      (answer) => {
        read(url, answer, maxBytes).then(resolve, (error: Error) => {
          sent.destroy()
          fail(error)
        })
      },
    )
    sent.once('error', fail)
    if (options.isBackground === true) sent.once('socket', (socket) => socket.unref())
    sent.end(body)
  })
}

/** The addresses of a host, if a request may go to every one of them. */
async function reachableAddresses(
  url: URL,
  options: OutgoingOptions,
): Promise<readonly [ResolvedAddress, ...ResolvedAddress[]]> {
  const { reachable = [], allowHttp = false, resolve = resolved } = options
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  const [first, ...others] = family === 0 ? await resolve(host) : [{ address: host, family }]
  if (first === undefined) throw new OutgoingError('network', `${shown(url)}: the host has no address`)
  const addresses = [first, ...others] as const
  const kinds = addresses.map(({ address }) => addressKind(address))
  const isReachable = (kind: AddressKind): boolean =>
    kind === 'public' || reachable.some((each) => each === kind)
  const at = kinds.findIndex((kind) => !isReachable(kind))
  if (at >= 0) {
    throw new OutgoingError(
      'address',
      `${shown(url)} is at ${addresses[at]?.address}, a ${kinds[at]} address`,
    )
  }
  if (url.protocol === 'http:' && !allowHttp && !kinds.every((kind) => kind === 'loopback')) {
    throw new OutgoingError('scheme', `${shown(url)} is http: only a host on this computer may be`)
  }
  return addresses
}

async function resolved(host: string): Promise<readonly ResolvedAddress[]> {
  return lookup(host, { all: true })
}

/** Answers the socket's question with what was judged. */
function pinnedTo(addresses: readonly [ResolvedAddress, ...ResolvedAddress[]]): LookupFunction {
  return (_hostname, { all }, callback) => {
    if (all === true) callback(null, [...addresses])
    else callback(null, addresses[0].address, addresses[0].family)
  }
}

async function read(url: URL, answer: IncomingMessage, maxBytes: number): Promise<OutgoingAnswer> {
  const status = answer.statusCode ?? 0
  refuse(url, status, answer.headers['content-encoding'])
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(url, maxBytes)
    chunks.push(chunk)
  }
  return { status, headers: headersFrom(answer), body: Buffer.concat(chunks) }
}

async function throughFetch(
  send: FetchLike,
  url: URL,
  request: OutgoingRequest,
  options: OutgoingOptions,
  signal: AbortSignal,
  maxBytes: number,
): Promise<OutgoingAnswer> {
  if (url.protocol === 'http:' && options.allowHttp !== true && !isLoopbackName(url)) {
    throw new OutgoingError('scheme', `${shown(url)} is http: only a host on this computer may be`)
  }
  const { method = 'GET', body } = request
  const answer = await send(url.href, {
    method,
    headers: headersOf(request),
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body }),
  })
  // Browsers and their like show of a redirect nothing but that it is one.
  refuse(url, answer.type === 'opaqueredirect' ? 302 : answer.status, null)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    // leaving the loop cancels the body
    if (size > maxBytes) throw tooLarge(url, maxBytes)
    chunks.push(chunk)
  }
  return { status: answer.status, headers: answer.headers, body: Buffer.concat(chunks) }
}

function headersFrom({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}

function headersOf(request: OutgoingRequest): Record<string, string> {
  // A compressed answer of a kilobyte can unfold to a gigabyte.
  return { accept: 'application/json', 'accept-encoding': 'identity', ...request.headers }
}

/** A redirect would carry a secret to a place that nobody has judged (CVE-2025-67494). */
function refuse(url: URL, status: number, encoding: string | null | undefined): void {
  if (status >= 300 && status < 400) {
    throw new OutgoingError(
      'redirect',
      `${shown(url)} answered with a redirect (${status}), which is not followed`,
    )
  }
  if (encoding !== undefined && encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new OutgoingError('encoding', `${shown(url)} answered with an encoding that was not asked for`)
  }
}

function tooLarge(url: URL, maxBytes: number): OutgoingError {
  return new OutgoingError('size', `${shown(url)} answered with more than ${maxBytes} bytes`)
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    signal.addEventListener('abort', () => fail(new Error('The time is over')), { once: true })
  })
}

/** Whether a host is this computer by its name. */
export function isLoopbackName({ hostname }: URL): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  return addressKind(hostname.replace(/^\[|\]$/g, '')) === 'loopback'
}

/** Without the query, which may hold a secret. */
function shown(url: URL): string {
  return url.origin + url.pathname
}

function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  if (typeof code === 'string') return code
  return typeof message === 'string' ? message.slice(0, 200) : 'no reason given'
}
