/** The events of crossws turned into connections. */

import { busy } from './busy.ts'
import type { Limits } from './listen-limits.ts'
import { connectionOver, type ConnectionEnds } from './websocket-connection.ts'
import type { AcceptedUpgrade, Upgrade } from './websocket.ts'

/** What is used of a crossws peer. */
interface Peer {
  readonly context: object
  readonly bufferedAmount: number
  /** Private to crossws: what it shows is a proxy on which `pause` and `binaryType` do not work everywhere. */
  readonly _internal: { readonly ws: NativeSocket }
  send(data: string | Uint8Array): unknown
  close(code: number, reason: string): void
  terminate(): void
}

/** What is used of the socket beneath: Node's can be paused, Deno's tells only itself how it was closed. */
interface NativeSocket {
  binaryType?: string
  pause?(): void
  resume?(): void
  addEventListener?(type: 'close', listener: (closing: Details) => void): void
}

interface Message {
  readonly rawData: unknown
  uint8Array(): Uint8Array
}

interface Details {
  readonly code?: number
  readonly reason?: string
}

interface Accepted {
  readonly namespace: string
  readonly context: Record<string, unknown>
  readonly protocol?: string
}

/** What crossws calls. */
export interface Hooks {
  upgrade(request: Request): Promise<Response | Accepted>
  open(peer: object): void
  message(peer: object, message: Message): void
  close(peer: object, details: Details): void
}

/** Hooks for crossws, and what ends the connections that came of them. */
export interface WebSockets {
  readonly hooks: Hooks
  /** Accepts no more, and says farewell (1001) to those that are open. */
  closeAll(): void
  /** Ends them without waiting for their answer. */
  terminateAll(): void
}

/**
 * Makes the hooks.
 *
 * @param decide What the application says to a handshake; never throws.
 */
export function webSockets(
  decide: (request: Request) => Promise<Upgrade>,
  limits: Limits,
  onError: (error: unknown) => void,
): WebSockets {
  const live = new Map<object, ConnectionEnds>()
  let isClosing = false

  function ended(peer: object, { code = 1005, reason = '' }: Details): void {
    live.get(peer)?.ended({ code, reason })
    live.delete(peer)
  }

  const hooks: Hooks = {
    async upgrade(request) {
      const answer = isClosing ? busy(Response) : await decide(request)
      if (answer instanceof Response) return denial(answer)
      const { protocol } = answer
      // RFC 6455 §4.2.2: a subprotocol that was not offered is never chosen
      const agreed = protocol !== undefined && offered(request).includes(protocol) ? { protocol } : {}
      return {
        // one namespace for all: crossws keeps a set for each for ever, and it is the path unless told
        namespace: 'gatewright',
        context: {
          accepted: { ...agreed, open: (connection) => answer.open(connection) } satisfies AcceptedUpgrade,
        },
        ...agreed,
      }
    },
    open(given) {
      const peer = given as Peer
      const { accepted } = peer.context as { readonly accepted: AcceptedUpgrade }
      const ends = connectionTo(peer, accepted.protocol ?? '', limits)
      live.set(peer, ends)
      peer._internal.ws.addEventListener?.('close', (closing) => ended(peer, closing))
      try {
        accepted.open(ends.connection)
      } catch (error) {
        onError(error)
        ends.close(1011, 'Internal error')
      }
    },
    message(peer, message) {
      live.get(peer)?.receive(typeof message.rawData === 'string' ? message.rawData : message.uint8Array())
    },
    close(given, details) {
      const tellsItself = (given as Peer)._internal.ws.addEventListener !== undefined
      if (details.code !== undefined || !tellsItself) ended(given, details)
    },
  }

  return {
    hooks,
    closeAll() {
      isClosing = true
      for (const ends of live.values()) ends.close(1001, 'Going away')
    },
    terminateAll() {
      for (const ends of live.values()) ends.terminate()
    },
  }
}

function connectionTo(peer: Peer, protocol: string, limits: Limits): ConnectionEnds {
  const { ws } = peer._internal
  const canPause = ws.pause !== undefined
  // Deno hands out blobs otherwise, which can only be read later
  if (!canPause && ws.addEventListener !== undefined) ws.binaryType = 'arraybuffer'
  return connectionOver(
    {
      protocol,
      send: (data) => void peer.send(data),
      close: (code, reason) => peer.close(code, reason),
      terminate: () => peer.terminate(),
      bufferedAmount: () => peer.bufferedAmount,
      ...(canPause ? { pause: () => ws.pause?.(), resume: () => ws.resume?.() } : {}),
    },
    { messageBytes: limits.maxMessageBytes, waitingBytes: limits.maxMessageBytes * 16 },
  )
}

function offered(request: Request): readonly string[] {
  return (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())
}

/** A refused handshake ends the connection: what follows it was meant for a WebSocket. */
function denial(answer: Response): Response {
  const headers = new Headers(answer.headers)
  headers.set('connection', 'close')
  return new Response(answer.body, { status: answer.status, headers })
}
