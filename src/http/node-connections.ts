/** The connections of a `node:http` server: how many requests are in flight, and how to end them all in good order. */

import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http'
import type { Socket } from 'node:net'

/** What is watched of a server. */
export interface NodeWatch {
  /** Requests whose answer has not left completely. */
  inFlight(): number
  /** Closes what is idle now, and whatever becomes idle until {@link stop}. */
  drain(): void
  /** Cuts everything that is still open. */
  stop(): void
}

interface Traffic {
  inFlight: number
  /** No connection is kept for a further request any more. */
  isDraining: boolean
}

/** Watches a server whose responses are {@link NamedStatus}. Must be called before it listens. */
export function watchNode(
  server: Server,
  limits: {
    readonly idleTimeout: number
    readonly maxConnections: number
    readonly maxConnectionsPerAddress: number
  },
): NodeWatch {
  const sockets = new Set<Socket>()
  // A number: a set of responses that come and go kept requests in memory that were long answered.
  const traffic: Traffic = { inFlight: 0, isDraining: false }
  /** How many of each network address are open. */
  const addresses = new Map<string, number>()
  let sweep: NodeJS.Timeout | undefined

  function ended(this: ServerResponse): void {
    traffic.inFlight--
    endBody(this.req)
  }

  server.maxConnections = limits.maxConnections
  server.setTimeout(Math.ceil(limits.idleTimeout * 1000))
  server.on('connection', (socket: Socket) => {
    // A socket that is gone already has no address.
    const address = socket.remoteAddress ?? ''
    const count = (addresses.get(address) ?? 0) + 1
    if (count > limits.maxConnectionsPerAddress) return void socket.destroy()
    addresses.set(address, count)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      const left = (addresses.get(address) ?? 1) - 1
      if (left > 0) addresses.set(address, left)
      else addresses.delete(address)
    })
  })
  server.prependListener('request', (_request, response) => {
    traffic.inFlight++
    if (response instanceof NamedStatus) response.traffic = traffic
    response.on('close', ended)
  })
  // between the handshake and the answer to it nobody else listens: a reset would end the process
  server.on('upgrade', (_request, socket) => socket.on('error', () => socket.destroy()))

  /** Browsers open connections in reserve. Node counts those as busy, as they might be about to send something. */
  function closeIdle(): void {
    server.closeIdleConnections()
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  return {
    inFlight: () => traffic.inFlight,
    drain() {
      traffic.isDraining = true
      closeIdle()
      sweep = setInterval(closeIdle, 20)
    },
    stop() {
      clearInterval(sweep)
      for (const socket of sockets) socket.destroy()
    },
  }
}

/**
 * The answer has left before the body had come, as when it was refused. Closing at once could take the answer from a
 * client that is still sending, so the rest is read and thrown away, for two seconds.
 */
function endBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  request.resume()
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy()
  }, 2000)
  timer.unref()
  request.once('end', () => clearTimeout(timer))
}

/**
 * Says `200 OK` where srvx, which knows no reason phrase, says `200` and an empty one; and sends a body that comes in one
 * piece together with its headers, in one write to the socket instead of two.
 */
export class NamedStatus extends ServerResponse {
  traffic: Traffic | undefined
  #whole: string | undefined
  #hasLength = false

  override write(chunk: unknown, ...rest: readonly unknown[]): boolean {
    if (typeof chunk === 'string' && rest.length === 0 && this.#hasLength && this.#whole === undefined) {
      this.#whole = chunk
      return true
    }
    this.#flush()
    return super.write(chunk, ...(rest as [BufferEncoding]))
  }

  override end(...parameters: readonly unknown[]): this {
    const whole = this.#whole
    if (whole === undefined || parameters.length > 1 || typeof parameters[0] === 'string') {
      this.#flush()
      return super.end(...(parameters as []))
    }
    this.#whole = undefined
    return super.end(whole, ...(parameters as []))
  }

  #flush(): void {
    const whole = this.#whole
    this.#whole = undefined
    if (whole !== undefined) super.write(whole)
  }

  override writeHead(status: number, reason?: unknown, headers?: unknown): this {
    this.#hasLength = Array.isArray(headers) && headers.includes('content-length')
    if (this.traffic?.isDraining === true) this.shouldKeepAlive = false
    return reason === ''
      ? super.writeHead(status, headers as OutgoingHttpHeaders)
      : super.writeHead(status, reason as string, headers as OutgoingHttpHeaders)
  }
}
