/** A WebSocket connection as a handler sees it, and the answer to a request to open one. */

/** An open connection. Messages are read with `for await`; the loop ends when the connection does. */
export interface WebSocketConnection extends AsyncIterable<string | Uint8Array> {
  /** Sends a message. Does nothing once the connection is closed. */
  send(data: string | Uint8Array): void
  /**
   * Closes the connection.
   *
   * @param code 1000 (normal) unless told; RFC 6455 §7.4.
   * @param reason At most 123 bytes.
   */
  close(code?: number, reason?: string): void
  /** The subprotocol that was agreed on; empty when none was. */
  readonly protocol: string
  /** Settles when the connection is closed, by whomever. */
  readonly closed: Promise<WebSocketClosing>
}

/** How a connection ended (RFC 6455 §7.4). */
export interface WebSocketClosing {
  readonly code: number
  readonly reason: string
}

/** The answer to a request to open a WebSocket: a response refuses it, anything else accepts it. */
export type Upgrade = Response | AcceptedUpgrade

/** An accepted WebSocket. */
export interface AcceptedUpgrade {
  /** One of the subprotocols that the client offered. */
  readonly protocol?: string
  /** Called once the connection is open. */
  open(connection: WebSocketConnection): void
}
