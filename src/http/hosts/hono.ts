/** Mounting an application in Hono. */

import { alreadyRead } from '../body.ts'
import { refusedMethod, type Mountable, type MountInfo } from '../node-request.ts'
import type { RequestGuard } from './request-guard.ts'

export type { Mountable, MountInfo } from '../node-request.ts'
export type { RequestGuard } from './request-guard.ts'

/** What is used of a Hono context. */
export interface HonoContextLike {
  readonly req: {
    readonly raw: Request
    readonly routePath: string
    readonly bodyCache: Readonly<Record<string, unknown>>
    arrayBuffer(): Promise<ArrayBuffer>
  }
  readonly env: unknown
}

/**
 * Makes a Hono handler of an application. Its paths begin where the `*` of the route stands; validators and middleware
 * may have read the body.
 *
 * @example
 *
 * ```ts
 * new Hono().all('/api/*', toHono(app))
 * ```
 */
export function toHono(app: Mountable): (context: HonoContextLike) => Promise<Response> {
  return async (context) => {
    const refused = refusedMethod(context.req.raw.method)
    if (refused !== undefined) return refused
    const info: MountInfo = { address: addressOf(context), basePath: basePathOf(context.req) }
    return app.fetch(await unreadRequest(context.req), info)
  }
}

/** A Hono middleware. */
export type HonoMiddleware = (
  context: { readonly req: { readonly raw: Request } },
  next: () => Promise<void>,
) => Promise<Response | void>

/**
 * Guards plain Hono routes, before their body is read; `guard.tokenOf(context.req.raw)` has the token.
 *
 * @example
 *
 * ```ts
 * app.get('/items', honoGuard(guard, { scopes: ['items:read'] }), (context) =>
 *   context.json(itemsOf(guard.tokenOf(context.req.raw).subject)),
 * )
 * ```
 */
export function honoGuard<Requirement>(
  guard: RequestGuard<Requirement>,
  requirement?: Requirement,
): HonoMiddleware {
  return async ({ req: { raw } }, next) => {
    const { response } = await guard.check(raw, requirement, raw)
    if (response !== undefined) return response
    await next()
  }
}

/** As much of the path as the route names before its `*`; a segment of the pattern is a segment of the path. */
function basePathOf(request: HonoContextLike['req']): string {
  const segments = request.routePath.replace(/\/?\*$/, '').split('/').length
  // as it was sent: what the router matches is decoded
  return new URL(request.raw.url).pathname.split('/').slice(0, segments).join('/')
}

async function unreadRequest(request: HonoContextLike['req']): Promise<Request> {
  const { raw, bodyCache } = request
  if (!raw.bodyUsed) return raw
  const headers = new Headers(raw.headers)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  const { method, signal, url } = raw
  const form: unknown = await bodyCache['formData']
  if (form instanceof FormData) {
    // written anew, with a boundary of its own
    headers.delete('content-type')
    return new Request(url, { method, headers, signal, body: form })
  }
  if (Object.keys(bodyCache).length === 0) throw alreadyRead()
  return new Request(url, { method, headers, signal, body: await request.arrayBuffer() })
}

/** Where each runtime leaves the address: Node under `incoming`, Bun behind a method, Deno under `remoteAddr`. */
function addressOf({ env, req }: HonoContextLike): string | undefined {
  const known = (env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
    readonly remoteAddr?: { readonly hostname?: string }
    readonly requestIP?: (request: Request) => { readonly address: string } | null
  }
  if (known.incoming !== undefined) return known.incoming.socket?.remoteAddress
  return known.remoteAddr?.hostname ?? known.requestIP?.(req.raw)?.address
}
