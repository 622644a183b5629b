/** What is behind an `Api`: its routes, mounts and hooks, and the way of a request to one of them. */

import { corsPolicy } from '../http/cors.ts'
import type { CorsPolicy } from '../http/cors.ts'
import { HttpError } from '../http/http-error.ts'
import type { RequestInfo } from '../http/listen.ts'
import { locate } from '../http/location.ts'
import { outagesCounted } from '../http/outage.ts'
import { Router } from '../http/router.ts'
import type { Upgrade } from '../http/websocket.ts'
import type { ApiOptions, RouteSummary } from './api.ts'
import type { Context } from './context.ts'
import type { Dependency, Override } from './dependency.ts'
import { docsRoutes } from './documentation.ts'
import { tellSchemes } from './guarded-operation.ts'
import { below, forwarded, isApi } from './mount.ts'
import type { Mount, Mountable } from './mount.ts'
import { openApiDocument } from './openapi.ts'
import type { OpenApiDocument } from './openapi.ts'
import { DeclarationError } from './option-error.ts'
import { errorReply, withoutBody } from './reply.ts'
import type { Framing } from './reply.ts'
import { respond } from './respond.ts'
import type { ErrorHandler, Matched, Surroundings } from './respond.ts'
import { compileRoute } from './route.ts'
import type { Route, RouteSetting } from './route.ts'
import { guardList } from './routes.ts'
import type { Declared } from './routes.ts'
import { schemeNames } from './scheme-names.ts'
import { undescribedSchemas } from './undescribed.ts'
import { upgrade } from './web-socket.ts'

/** An application and everything that was added to it. */
export class Application {
  readonly errorHandlers: ErrorHandler[] = []
  readonly startHooks: (() => unknown)[] = []
  readonly drainHooks: (() => void)[] = []
  readonly stopHooks: (() => unknown)[] = []
  readonly report: (error: unknown) => void
  readonly #options: ApiOptions
  readonly #overrides: readonly Override[]
  readonly #setting: RouteSetting
  readonly #cors: CorsPolicy | undefined
  readonly #declared: Declared[] = []
  readonly #mountings: { readonly path: string; readonly target: Mountable }[] = []
  readonly #routes: Route[] = []
  readonly #mounts: Mount[] = []
  readonly #router = new Router<Route>()
  readonly #around: Surroundings
  readonly #pending = new Set<Promise<unknown>>()
  /** Guards everything that is no route: what is not there, and the ways to ask for it. */
  readonly #guardOnly: Route | undefined
  #document: OpenApiDocument | undefined
  #started: Promise<void> | undefined
  #isStarted = false

  constructor(options: ApiOptions, overrides: readonly Override[]) {
    this.#options = options
    this.#overrides = overrides
    this.report = outagesCounted(options.report ?? console.error)
    this.#cors = options.cors && corsPolicy(options.cors)
    this.#setting = { guards: guardList(options.guard), limits: options.limits, overrides }
    this.#around = {
      errorHandlers: this.errorHandlers,
      report: this.report,
      keep: (work) => this.#keep(work),
    }
    this.#guardOnly = this.#setting.guards.length > 0 ? this.#internal('/', () => notFound()) : undefined
    this.#addDocs()
  }

  add(declared: Declared): void {
    this.#declared.push(declared)
    const route = compileRoute(declared, this.#setting)
    this.#register(route)
    tellSchemes(route)
    this.#routes.push(route)
    this.#document = undefined
  }

  mount(path: string, target: Mountable): void {
    if (!/^\/.*[^/]$/.test(path)) {
      throw new DeclarationError(
        `The mount ${JSON.stringify(path)} must begin with a slash and not end with one`,
      )
    }
    this.#mountings.push({ path, target })
    const serve = this.#internal(path, () => undefined)
    this.#mounts.push({ prefix: path, target, serve })
    this.#mounts.sort((first, second) => second.prefix.length - first.prefix.length)
  }

  /** A copy with other dependencies. Hooks and error handlers come along. */
  with(overrides: readonly Override[]): Application {
    const copy = new Application(this.#options, [...this.#overrides, ...overrides])
    for (const declared of this.#declared) copy.add(declared)
    for (const { path, target } of this.#mountings) copy.mount(path, target)
    copy.errorHandlers.push(...this.errorHandlers)
    copy.startHooks.push(...this.startHooks)
    copy.drainHooks.push(...this.drainHooks)
    copy.stopHooks.push(...this.stopHooks)
    return copy
  }

  fetch(request: Request, info?: RequestInfo): Response | Promise<Response> {
    if (!this.#isStarted && this.startHooks.length > 0) {
      return this.start().then(() => this.#answer(request, info))
    }
    return this.#answer(request, info)
  }

  async upgrade(request: Request, info?: RequestInfo): Promise<Upgrade> {
    if (!this.#isStarted) await this.start()
    const framing = this.#framing(request, info)
    const { path, search } = locate(request.url, info?.basePath)
    const found = this.#router.find('WEBSOCKET', path)
    if (found === undefined) return this.#upgradeElsewhere(request, path, search, info, framing)
    if (found === 'malformed') return this.#answer(request, info)
    const matched = { request, search, pathParameters: found.parameters, address: info?.address, framing }
    return upgrade(found.route, matched, this.#around)
  }

  /** A WebSocket of a mounted application, behind this one's guard. */
  async #upgradeElsewhere(
    request: Request,
    path: string,
    search: string,
    info: RequestInfo | undefined,
    framing: Framing,
  ): Promise<Upgrade> {
    const mount = this.#mountAt(path)
    if (mount === undefined || !isApi(mount.target)) return this.#answer(request, info)
    let hasPassed = false
    const handler = (): Response => {
      hasPassed = true
      return new Response(null)
    }
    const matched: Matched = { request, search, pathParameters: {}, address: info?.address, framing }
    const response = await respond({ ...mount.serve, handler }, matched, this.#around)
    return hasPassed ? mount.target.upgrade(request, below(mount, info)) : response
  }

  start(): Promise<void> {
    this.#started ??= this.#start()
    return this.#started
  }

  drain(): void {
    for (const hook of this.drainHooks) hook()
    for (const { target } of this.#mounts) if (isApi(target)) target.drain()
  }

  async stop(): Promise<void> {
    await this.idle()
    if (!this.#isStarted) return
    this.#isStarted = false
    this.#started = undefined
    for (const hook of this.stopHooks) {
      try {
        await hook()
      } catch (error) {
        this.report(error)
      }
    }
    for (const { target } of this.#mounts) if (isApi(target)) await target.stop()
  }

  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }

  openapi(): OpenApiDocument {
    const { title = 'API', version = '0.1.0', description, servers } = this.#options
    this.#document ??= openApiDocument(this.#routes, {
      title,
      version,
      ...(description === undefined ? {} : { description }),
      ...(servers === undefined ? {} : { servers }),
    })
    return this.#document
  }

  summaries(): readonly RouteSummary[] {
    const names = schemeNames(this.#routes)
    return this.#routes.map(({ method, path, plan }) => {
      const isOpen = plan.security.some((alternative) => alternative.size === 0)
      const security = plan.security
        .filter((alternative) => alternative.size > 0)
        .map((alternative) =>
          Object.fromEntries([...alternative].map(([scheme, scopes]) => [names.get(scheme) ?? '', scopes])),
        )
      const summary = { method, path: path.documented, isOpen, security }
      if (plan.logins.size === 0) return summary
      const logins = [...plan.logins].map(([scheme, demand]) => [names.get(scheme) ?? '', demand])
      return { ...summary, logins: Object.fromEntries(logins) as RouteSummary['logins'] & object }
    })
  }

  async #start(): Promise<void> {
    // What the document would trip over is told now, not by the first reader of the docs.
    if (this.#options.docs !== false) this.openapi()
    else schemeNames(this.#routes)
    for (const sentence of undescribedSchemas(this.#routes)) this.report(sentence)
    for (const { target } of this.#mounts) if (isApi(target)) await target.start()
    for (const hook of this.startHooks) await hook()
    this.#isStarted = true
  }

  #keep(work: Promise<unknown>): void {
    this.#pending.add(work)
    void work.finally(() => this.#pending.delete(work)).catch(() => undefined)
  }

  #answer(request: Request, info: RequestInfo | undefined): Response | Promise<Response> {
    const answer = this.#dispatch(request, info)
    return request.method === 'HEAD' ? withoutBody(answer) : answer
  }

  #dispatch(request: Request, info: RequestInfo | undefined): Response | Promise<Response> {
    const { path, search } = locate(info?.requestTarget ?? request.url, info?.basePath)
    const { method } = request
    const preflight = method === 'OPTIONS' ? this.#preflight(request, path) : undefined
    if (preflight !== undefined) return preflight
    const framing = this.#framing(request, info)
    // No client may call a WebSocket route by its name here, whatever methods a runtime lets through.
    const known = method === 'WEBSOCKET' ? undefined : this.#router.find(method, path)
    const found = known ?? (method === 'HEAD' ? this.#router.find('GET', path) : undefined)
    if (found === undefined) return this.#elsewhere(request, path, search, info, framing)
    if (found === 'malformed') return this.#malformed(request, search, info, framing)
    const { route, parameters } = found
    const matched = {
      request,
      search,
      pathParameters: parameters,
      address: info?.address,
      framing: route.cors === undefined ? framing : this.#framing(request, info, route.cors),
    }
    return respond(route, matched, this.#around)
  }

  /** The answer to a browser that asks before it sends: in the words of the route that it is going to call. */
  #preflight(request: Request, path: string): Response | undefined {
    const method = request.headers.get('access-control-request-method')
    const found = method === null ? undefined : this.#router.find(method, path)
    const own = found === undefined || found === 'malformed' ? undefined : found.route.cors
    return (own ?? this.#cors)?.preflight(request)
  }

  /** No route of this application: a mount, the answer to OPTIONS, 405 or 404, each behind the guard. */
  #elsewhere(
    request: Request,
    path: string,
    search: string,
    info: RequestInfo | undefined,
    framing: Framing,
  ): Response | Promise<Response> {
    const mount = this.#mountAt(path)
    const forward =
      mount === undefined
        ? () => this.#noRoute(request, path, framing)
        : () => forwarded(mount, request, info)
    const open = this.#routesAt(path).some(({ contract }) => contract.open === true)
    const guard = mount === undefined && open ? undefined : (mount?.serve ?? this.#guardOnly)
    if (guard === undefined) return forward()
    const matched: Matched = { request, search, pathParameters: {}, address: info?.address, framing }
    return respond({ ...guard, handler: forward }, matched, this.#around)
  }

  /** Behind the guard as well: it would tell that there is a route. */
  #malformed(
    request: Request,
    search: string,
    info: RequestInfo | undefined,
    framing: Framing,
  ): Response | Promise<Response> {
    const handler = (): Response => errorReply(new HttpError(400, 'The path is not valid'), framing)
    if (this.#guardOnly === undefined) return handler()
    const matched: Matched = { request, search, pathParameters: {}, address: info?.address, framing }
    return respond({ ...this.#guardOnly, handler }, matched, this.#around)
  }

  #noRoute(request: Request, path: string, framing: Framing): Response {
    const methods = this.#router.methodsFor(path).filter((method) => method !== 'WEBSOCKET')
    if (methods.length === 0) return errorReply(notFound(), framing)
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    if (request.method === 'OPTIONS') {
      return new framing.Response(null, { status: 204, headers: { ...framing.headers, allow } })
    }
    return errorReply(new HttpError(405, undefined, { headers: { allow } }), framing)
  }

  #mountAt(path: string): Mount | undefined {
    return this.#mounts.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
  }

  #routesAt(path: string): readonly Route[] {
    return this.#router.methodsFor(path).flatMap((method) => {
      const found = this.#router.find(method, path)
      return found === undefined || found === 'malformed' ? [] : [found.route]
    })
  }

  #framing(
    request: Request,
    info: RequestInfo | undefined,
    cors: CorsPolicy | undefined = this.#cors,
  ): Framing {
    return {
      Response: info?.Response ?? Response,
      headers: cors?.headersFor(request.headers.get('origin')),
    }
  }

  #register(route: Route): void {
    if (!this.#router.add(route.method, route.path.pattern, route)) {
      throw new DeclarationError(`There are two routes for ${route.method} ${route.path.documented}`)
    }
  }

  #addDocs(): void {
    const { docs = {}, title = 'API' } = this.#options
    for (const { path, answer } of docsRoutes(docs, title, () => this.openapi())) {
      const handler: Declared['handler'] = async ({ context }) => {
        const { request, pathParameters } = context as Context // the one need of an internal route
        const response = await answer(request, pathParameters['file'] ?? '')
        if (response === undefined) throw notFound()
        return response
      }
      this.#register(this.#internal(path, handler, docs !== false && docs.open === true))
    }
  }

  /** A route of the application's own, behind the guard like all others. */
  #internal(path: string, handler: Declared['handler'], open = false): Route {
    return compileRoute(
      {
        method: 'GET',
        path,
        needs: { context: wholeContext },
        contract: { hidden: true, open },
        handler,
        guards: [],
        tags: [],
      },
      this.#setting,
    )
  }
}

const wholeContext: Dependency<Context> = {
  scopes: [],
  definition: { kind: 'context', read: (context) => context },
}

function notFound(): HttpError {
  return new HttpError(404)
}
