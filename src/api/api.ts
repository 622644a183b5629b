/** An application: routes that say what they need, served, documented and tested from one declaration. */

import type { LoginDemand } from '../protocol/step-up.ts'
import type { CorsOptions } from '../http/cors.ts'
import { listen } from '../http/listen.ts'
import type { Listener, ListenOptions, RequestInfo } from '../http/listen.ts'
import type { Upgrade } from '../http/websocket.ts'
import type { Override } from './dependency.ts'
import type { DocsOptions } from './documentation.ts'
import { Application } from './application.ts'
import type { Mountable } from './mount.ts'
import type { LimitOptions } from './limits.ts'
import type { OpenApiDocument } from './openapi.ts'
import { included } from './router.ts'
import type { AnyRouter, RouterOptions } from './router.ts'
import { routeMethods } from './routes.ts'
import type { Declared, Guard, Routes } from './routes.ts'

/** How an application is called, guarded and limited. */
export interface ApiOptions {
  /** The title of the OpenAPI document; `API` unless told. */
  readonly title?: string
  /** The version of the API, not of the document; `0.1.0` unless told. */
  readonly version?: string
  /** Markdown, shown at the top of the docs page. */
  readonly description?: string
  /**
   * Required of everything the application serves: routes, docs, mounts and WebSockets, and of what it does not have, so
   * that a stranger cannot tell what there is. Routes that say `open` are out of it.
   */
  readonly guard?: Guard
  /** The docs page and the OpenAPI document; `false` for neither. */
  readonly docs?: DocsOptions | false
  /** Which other origins may call from a browser; none unless told. */
  readonly cors?: CorsOptions
  /** Limits for every route that sets none of its own. */
  readonly limits?: LimitOptions
  /** Where the API is, for the document: a URL or a path prefix that a proxy strips. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  /**
   * Told of errors nobody foresaw and of what fails after the response, and of what is answered with 503: once when it begins,
   * then how often since (`Outage`). `console.error` unless told.
   */
  readonly report?: (error: unknown) => void
}

/** What of the outside world comes with a request; all of it optional. */
export type FetchInfo = RequestInfo

/** One line of {@link Api.routes}: a route, and what a caller needs for it. */
export interface RouteSummary {
  readonly method: string
  readonly path: string
  /** No credentials are needed. */
  readonly isOpen: boolean
  /** Any one of these: scheme names, each with its scopes. Empty when the route is open. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** How the caller must have logged in, by scheme name; left out where nothing is demanded. */
  readonly logins?: Readonly<Record<string, LoginDemand>>
}

/** Puts another application, or a server with routes of its own, into this one. */
export interface MountIn<Self> {
  (path: string, target: Mountable): Self
  /** A server that says itself where its routes are, such as an authorization server. They are in no guard. */
  (server: MountableServer): Self
}

/** A server that brings its own routes. */
export interface MountableServer extends AnyRouter {
  /** Called when the application is about to stop, before requests that have begun are waited for. */
  readonly drain?: () => void
  readonly close: () => Promise<void>
}

/** An application: `listen` to serve it, `request` it to test it. */
export interface Api extends Routes<Api> {
  /** Takes a router's routes in. */
  readonly include: (router: AnyRouter, options?: RouterOptions<string>) => Api
  /** Serves another application, ours or anything with a `fetch`, below a path, behind this one's guard. */
  readonly mount: MountIn<Api>
  /**
   * Answers one kind of error. The newest handler that fits decides; what it returns becomes the response, with status
   * 500 unless it is a `Response`.
   */
  readonly onError: <Failure extends Error>(
    kind: abstract new (...parameters: never[]) => Failure,
    handle: (error: Failure, request: Request) => unknown,
  ) => Api
  /** Runs before the first request. Those that came before it have finished. */
  readonly onStart: (hook: () => unknown) => Api
  /** Runs when the application stops, newest first. */
  readonly onStop: (hook: () => unknown) => Api
  /** Answers a request: the shape that Hono, Next, Bun, Deno and every fetch middleware speak. */
  readonly fetch: (request: Request, info?: FetchInfo) => Promise<Response>
  /** Decides about a WebSocket handshake; for a listener. */
  readonly upgrade: (request: Request, info?: FetchInfo) => Promise<Upgrade>
  /** Sends a request to the application without a socket, for tests. */
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  /** Resolves when no background work and no clean-up is under way any more. */
  readonly idle: () => Promise<void>
  /** The same application with some dependencies replaced. This one is left as it is. */
  readonly with: (...overrides: readonly Override[]) => Api
  /** Serves it on a port; start hooks first. */
  readonly listen: (options?: ListenOptions) => Promise<Listener>
  /** Runs the start hooks, once. `listen` and the first request do it by themselves. */
  readonly start: () => Promise<void>
  /**
   * Tells the servers in it that it is about to stop, so that their health says so; everything is answered as before.
   * `close` of the listener does it by itself. Call it earlier for a load balancer that is to notice first.
   */
  readonly drain: () => void
  /** Waits for what is under way, then runs the stop hooks, once. `close` of the listener does it by itself. */
  readonly stop: () => Promise<void>
  /** The OpenAPI document. */
  readonly openapi: () => OpenApiDocument
  /** Every route and what it needs, in the order they were added. */
  readonly routes: () => readonly RouteSummary[]
}

/**
 * An empty application.
 *
 * @example
 *
 * ```ts
 * const app = api({ title: 'Items' }).get('/items/{id}', { id: path(z.uuid()) }, ({ id }) => find(id))
 * const listener = await app.listen({ port: 8000 })
 * ```
 *
 * @throws {DeclarationError} From the methods that add something, when it can never work.
 */
export function api(options: ApiOptions = {}): Api {
  return facade(new Application(options, []))
}

function facade(application: Application): Api {
  const add = (route: Pick<Declared, 'method' | 'path' | 'needs' | 'contract' | 'handler'>): Api => {
    application.add({ ...route, guards: [], tags: [] })
    return self
  }
  const self: Api = {
    ...routeMethods<Api, ''>(add),
    include: (router, options = {}) => {
      for (const route of included(router, options)) application.add(route)
      return self
    },
    mount: (pathOrServer: string | MountableServer, target?: Mountable) => {
      if (typeof pathOrServer === 'string') {
        if (target !== undefined) application.mount(pathOrServer, target)
      } else {
        for (const route of pathOrServer.declared) application.add(route)
        application.drainHooks.push(() => pathOrServer.drain?.())
        application.stopHooks.unshift(() => pathOrServer.close())
      }
      return self
    },
    onError: (kind, handle) => {
      application.errorHandlers.unshift((error, request) =>
        error instanceof kind ? handle(error, request) : undefined,
      )
      return self
    },
    onStart: (hook) => {
      application.startHooks.push(hook)
      return self
    },
    onStop: (hook) => {
      application.stopHooks.unshift(hook)
      return self
    },
    fetch: async (request, info) => application.fetch(request, info),
    upgrade: async (request, info) => application.upgrade(request, info),
    request: async (path, init) => application.fetch(new Request(new URL(path, 'http://localhost'), init)),
    idle: () => application.idle(),
    with: (...overrides) => facade(application.with(overrides)),
    start: () => application.start(),
    drain: () => application.drain(),
    stop: () => application.stop(),
    listen: (options = {}) => listening(application, options),
    openapi: () => application.openapi(),
    routes: () => application.summaries(),
  }
  return self
}

async function listening(application: Application, options: ListenOptions): Promise<Listener> {
  await application.start()
  let listener: Listener
  try {
    listener = await listen(
      {
        fetch: (request, info) => application.fetch(request, info),
        upgrade: (request, info) => application.upgrade(request, info),
        takesLightRequests: true,
      },
      { onError: application.report, ...options },
    )
  } catch (error) {
    await application.stop()
    throw error
  }
  // Whoever starts it by hand wants to see that it runs; logs and tests do not.
  if (typeof process !== 'undefined' && process.stdout?.isTTY) console.log(`Listening on ${listener.url}`)
  return {
    ...listener,
    close: async (how) => {
      application.drain()
      await listener.close(how)
      await application.stop()
    },
  }
}
