/** One WebSocket through its route: the handshake is authorized like a request, then the handler has the connection. */

import type { Upgrade, WebSocketClosing, WebSocketConnection } from '../http/websocket.ts'
import { Context } from './context.ts'
import { Refusal } from './refusal.ts'
import { Resolution } from './resolve.ts'
import { Resources } from './resources.ts'
import { failed, refused } from './respond.ts'
import type { Matched, Surroundings } from './respond.ts'
import type { Route } from './route.ts'

/**
 * Decides about a handshake. Refusals, validation errors and whatever else goes wrong before there is a connection are
 * ordinary HTTP responses.
 */
export async function upgrade(route: Route, matched: Matched, around: Surroundings): Promise<Upgrade> {
  const { request, search, pathParameters, address, framing } = matched
  const context = new Context(request, search, pathParameters, route.plan.slots, address)
  const late = new LateConnection()
  context.connection = late
  const resources = new Resources()
  try {
    const resolution = new Resolution(route.plan, context, route.limits, resources)
    const refusal = await resolution.authorize()
    if (refusal !== undefined) return await refused(refusal, request, resources, around, framing)
    const values = await resolution.values()
    if (values instanceof Refusal) throw values.toError()
    return {
      open: (connection) => {
        late.attach(connection)
        around.keep(converse(route, values, late, resources, context, around))
      },
    }
  } catch (error) {
    return failed(resources.isEmpty ? error : await resources.fail(error), request, around, framing)
  }
}

async function converse(
  route: Route,
  values: Readonly<Record<string, unknown>>,
  connection: WebSocketConnection,
  resources: Resources,
  context: Context,
  around: Surroundings,
): Promise<void> {
  try {
    await route.handler(values)
    await resources.closeAfterHandler()
    connection.close(1000)
  } catch (error) {
    around.report(resources.isEmpty ? error : await resources.fail(error))
    // RFC 6455 §7.4.1: the server met a condition it did not expect. The reason stays here.
    connection.close(1011)
  }
  try {
    for (const task of context.tasks) await task()
    await resources.closeAfterResponse()
  } catch (error) {
    around.report(error)
  }
}

/** The connection that a dependency may already hold while the handshake is still being decided. */
class LateConnection implements WebSocketConnection {
  readonly closed: Promise<WebSocketClosing>
  readonly #settle: (closing: Promise<WebSocketClosing>) => void
  #real: WebSocketConnection | undefined

  constructor() {
    const { promise, resolve } = Promise.withResolvers<WebSocketClosing>()
    this.closed = promise
    this.#settle = resolve
  }

  attach(connection: WebSocketConnection): void {
    this.#real = connection
    this.#settle(connection.closed)
  }

  get protocol(): string {
    return this.#connection.protocol
  }

  send(data: string | Uint8Array): void {
    this.#connection.send(data)
  }

  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<string | Uint8Array> {
    return this.#connection[Symbol.asyncIterator]()
  }

  get #connection(): WebSocketConnection {
    if (this.#real === undefined) {
      throw new TypeError('The WebSocket is not open before the handler runs; a dependency may only keep it')
    }
    return this.#real
  }
}
