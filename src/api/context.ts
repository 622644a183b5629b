/** One request on its way through a route, and the things of it that a handler may ask for. */

import { readCookie, serializeCookie, expireCookie } from '../http/cookies.ts'
import type { CookieOptions } from '../http/cookies.ts'
import type { FormFields } from '../http/form-body.ts'
import { asNative } from '../http/node-request.ts'
import type { WebSocketConnection } from '../http/websocket.ts'
import type { Dependency } from './dependency.ts'
import type { CredentialSource } from './scheme.ts'

/** Status, headers and cookies that the response will have, collected before it is built once. */
export interface ResponseControls {
  /** The status code; the contract's, or 200, unless set. */
  status: number | undefined
  readonly headers: Headers
  /** Adds a `Set-Cookie`: HttpOnly, Secure, SameSite=Lax and for the whole site unless told otherwise. */
  setCookie(name: string, value: string, options?: CookieOptions): void
  /** Deletes a cookie that was set with the same path and domain. */
  deleteCookie(name: string, options?: CookieOptions): void
}

/** Work to do once the response has left. */
export interface BackgroundTasks {
  /** Runs after those added before it. What it throws is logged; nobody is waiting for it any more. */
  add(task: () => unknown): void
}

/** The scopes required along the path from the route to where they are asked for, outermost first. */
export interface RequiredScopes {
  readonly scopes: readonly string[]
  /** Joined by a space, as challenges and tokens have them; empty when none. */
  readonly scope: string
}

/** One request, or one WebSocket handshake. Made by the application, read by everything below it. */
export class Context implements CredentialSource {
  readonly request: Request
  readonly pathParameters: Readonly<Record<string, string>>
  readonly address: string | undefined
  /** The slots of the plan. */
  readonly values: unknown[]
  connection: WebSocketConnection | undefined
  /** Reads the form, once; for what is no parameter of a schema. An object: a closure for each request outlives it. */
  formSource: { form(): Promise<FormFields> } | undefined
  readonly #search: string
  #query: URLSearchParams | undefined
  #controls: Controls | undefined
  #tasks: (() => unknown)[] | undefined
  #ended: AbortController | undefined
  #hasTimedOut = false

  constructor(
    request: Request,
    search: string,
    pathParameters: Readonly<Record<string, string>>,
    slots: number,
    address: string | undefined,
  ) {
    this.request = request
    this.#search = search
    this.pathParameters = pathParameters
    this.values = new Array<unknown>(slots).fill(unset)
    this.address = address
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#search))
  }

  queryValue(name: string): string | undefined {
    return this.query.getAll(name).at(-1)
  }

  cookie(name: string): string | undefined {
    return readCookie(this.request.headers.get('cookie'), name)
  }

  get controls(): ResponseControls {
    return (this.#controls ??= new Controls())
  }

  /** What was set, if anything asked to set something. */
  get touched(): ResponseControls | undefined {
    return this.#controls
  }

  /** Aborts when the client goes away or {@link timeOut} was called. */
  get signal(): AbortSignal {
    this.#ended ??= new AbortController()
    if (this.#hasTimedOut) this.#ended.abort()
    return AbortSignal.any([this.request.signal, this.#ended.signal])
  }

  get hasTimedOut(): boolean {
    return this.#hasTimedOut
  }

  /** The client has been told that this took too long; whatever still runs should stop. */
  timeOut(): void {
    this.#hasTimedOut = true
    this.#ended?.abort(new DOMException('The request took too long', 'TimeoutError'))
  }

  get tasks(): (() => unknown)[] {
    return (this.#tasks ??= [])
  }

  get hasTasks(): boolean {
    return this.#tasks !== undefined && this.#tasks.length > 0
  }
}

/** A slot that nothing has been put into yet; `undefined` is a value like any other. */
export const unset: unique symbol = Symbol('unset')

class Controls implements ResponseControls {
  status: number | undefined
  readonly headers: Headers = new Headers()

  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.headers.append('set-cookie', serializeCookie(name, value, options))
  }

  deleteCookie(name: string, options?: CookieOptions): void {
    this.headers.append('set-cookie', expireCookie(name, options))
  }
}

/** The request itself. Its body is for `json`, `form` and `files` to read, which know its limits. */
export const request: Dependency<Request> = {
  scopes: [],
  definition: { kind: 'context', read: (context) => asNative(context.request) },
}

/**
 * What the response will have besides its body. It is lost if the handler throws or returns a `Response` of its own.
 *
 * @example
 *
 * ```ts
 * app.post('/items', { item: json(Item), response }, ({ item, response }) => {
 *   response.headers.set('location', `/items/${item.id}`)
 *   return item
 * })
 * ```
 */
export const response: Dependency<ResponseControls> = {
  scopes: [],
  definition: { kind: 'context', read: (context) => context.controls },
}

/**
 * Work to do after the response.
 *
 * @example
 *
 * ```ts
 * app.post('/invite', { email: query(z.email()), background }, ({ email, background }) => {
 *   background.add(() => sendInvitation(email))
 * })
 * ```
 */
export const background: Dependency<BackgroundTasks> = {
  scopes: [],
  definition: {
    kind: 'context',
    read: (context) => ({ add: (task: () => unknown) => void context.tasks.push(task) }),
  },
}

/**
 * The scopes required along the path to the dependency that asks, its own included: for a scheme of your own, or a
 * message that names them. In a route's own record there is nothing above, so it is empty there.
 */
export const requiredScopes: Dependency<RequiredScopes> = {
  scopes: [],
  definition: {
    kind: 'context',
    usesScopes: true,
    read: (_, required) => ({ scopes: required, scope: required.join(' ') }),
  },
}

/** The network address of the client, where the listener knows it. */
export const clientAddress: Dependency<string | undefined> = {
  scopes: [],
  definition: { kind: 'context', read: (context) => context.address },
}

/** Aborts when the client goes away or the route's time is up. */
export const signal: Dependency<AbortSignal> = {
  scopes: [],
  definition: { kind: 'context', read: (context) => context.signal },
}

/**
 * The open WebSocket, in a `webSocket` route.
 *
 * @example
 *
 * ```ts
 * app.webSocket('/echo', { user: currentUser, socket }, async ({ socket }) => {
 *   for await (const message of socket) socket.send(message)
 * })
 * ```
 */
export const socket: Dependency<WebSocketConnection> = {
  scopes: [],
  definition: {
    kind: 'context',
    webSocketOnly: true,
    read: (context) => {
      if (context.connection === undefined) throw new TypeError('The WebSocket is not open yet')
      return context.connection
    },
  },
}
