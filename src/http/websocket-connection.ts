/** The connection behind {@link WebSocketConnection}: a bounded queue between a socket and its reader. */

import type { WebSocketClosing, WebSocketConnection } from './websocket.ts'

/** What the queue needs of a socket. */
export interface WebSocketPort {
  readonly protocol: string
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
  /** Ends it without the closing handshake. */
  terminate(): void
  /** Bytes that were sent and have not left yet. */
  bufferedAmount(): number
  /** Stops reading from the network, where the runtime can. */
  pause?(): void
  resume?(): void
}

/** How much one connection may hold. */
export interface WebSocketLimits {
  /** One message, in bytes. */
  readonly messageBytes: number
  /** Messages that wait for the reader, or bytes that wait for the other side, all together. */
  readonly waitingBytes: number
}

/** Both ends of a connection: the reader's, and the one the socket's events go to. */
export interface ConnectionEnds {
  readonly connection: WebSocketConnection
  receive(message: string | Uint8Array): void
  ended(closing: WebSocketClosing): void
  close(code: number, reason: string): void
  terminate(): void
}

/** Makes a connection over a socket. */
export function connectionOver(port: WebSocketPort, limits: WebSocketLimits): ConnectionEnds {
  const waiting: (string | Uint8Array)[] = []
  const readers: ((result: IteratorResult<string | Uint8Array, undefined>) => void)[] = []
  const { promise: closed, resolve: settle } = Promise.withResolvers<WebSocketClosing>()
  let state: 'open' | 'closing' | 'closed' = 'open'
  let waitingBytes = 0
  let isPaused = false
  let sent: WebSocketClosing | undefined

  function close(code: number, reason: string): void {
    if (state !== 'open') return
    state = 'closing'
    sent = { code, reason }
    // the closing handshake has to be read even when nobody reads messages any more
    if (isPaused) port.resume?.()
    port.close(code, shortened(reason))
  }

  function receive(message: string | Uint8Array): void {
    if (state !== 'open') return
    // where the runtime has no limit of its own
    if (message.length > limits.messageBytes) return close(1009, 'The message is too large')
    const reader = readers.shift()
    if (reader !== undefined) return reader({ done: false, value: message })
    waiting.push(message)
    waitingBytes += sizeOf(message)
    // The socket is stopped early; the limit is for what was read before it stopped, and for runtimes that cannot.
    if (waitingBytes > limits.waitingBytes) return close(1008, 'Too many messages are waiting')
    if (
      !isPaused &&
      port.pause !== undefined &&
      (waiting.length >= 16 || waitingBytes >= limits.messageBytes)
    ) {
      isPaused = true
      port.pause()
    }
  }

  function ended(closing: WebSocketClosing): void {
    if (state === 'closed') return
    state = 'closed'
    // not every runtime says what it was when we were the ones who closed it
    settle(closing.code === 1005 && sent !== undefined ? sent : closing)
    for (const reader of readers.splice(0)) reader(end)
  }

  function next(): Promise<IteratorResult<string | Uint8Array, undefined>> {
    const value = waiting.shift()
    if (value !== undefined) {
      waitingBytes -= sizeOf(value)
      if (isPaused && waiting.length === 0) {
        isPaused = false
        if (state === 'open') port.resume?.()
      }
      return Promise.resolve({ done: false, value })
    }
    if (state === 'closed') return Promise.resolve(end)
    return new Promise((resolve) => readers.push(resolve))
  }

  const connection: WebSocketConnection = {
    protocol: port.protocol,
    closed,
    send(data) {
      if (state !== 'open') return
      port.send(data)
      // a peer that does not read must not make us keep everything it is sent
      if (port.bufferedAmount() > limits.waitingBytes) {
        close(1008, 'Too much is waiting to be received')
        port.terminate()
      }
    },
    close: (code = 1000, reason = '') => {
      // RFC 6455 §7.4: these are never sent
      if (!(code >= 1000 && code <= 4999) || [1004, 1005, 1006, 1015].includes(code)) {
        throw new RangeError(`${code} is not a code to close a WebSocket with; use 1000 or 3000 to 4999`)
      }
      close(code, reason)
    },
    [Symbol.asyncIterator]: () => ({
      next,
      return() {
        close(1000, '')
        return Promise.resolve(end)
      },
    }),
  }
  return { connection, receive, ended, close, terminate: () => port.terminate() }
}

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** A message costs more than its bytes: a million empty ones must count as well. */
function sizeOf(message: string | Uint8Array): number {
  return 64 + message.length
}

/** RFC 6455 §5.5: a control frame has at most 125 bytes, two of them for the code. */
function shortened(reason: string): string {
  const bytes = new TextEncoder().encode(reason)
  return bytes.length <= 123
    ? reason
    : new TextDecoder().decode(bytes.subarray(0, 120)).replace(/\uFFFD$/, '')
}
