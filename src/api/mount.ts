/** Applications below a path of another one: ours, or anything else that answers a `Request`. */

import type { RequestInfo } from '../http/listen.ts'
import { asNative } from '../http/node-request.ts'
import type { Api } from './api.ts'
import { joined } from './path-template.ts'
import type { Route } from './route.ts'

/** What can be mounted: anything that answers a `Request`. */
export type Mountable =
  | { readonly fetch: (request: Request, info?: RequestInfo) => Response | Promise<Response> }
  | ((request: Request, info?: RequestInfo) => Response | Promise<Response>)

/** An application in its place. */
export interface Mount {
  readonly prefix: string
  readonly target: Mountable
  /** What guards it; the handler is made for each request. */
  readonly serve: Route
}

/** Hands a request on. */
export async function forwarded(
  mount: Mount,
  request: Request,
  info: RequestInfo | undefined,
): Promise<Response> {
  const { target } = mount
  const inner = below(mount, info)
  if (isApi(target)) return target.fetch(request, inner)
  // Others know nothing of a prefix: they see the path below it.
  const url = new URL(request.url)
  url.pathname = url.pathname.slice((inner.basePath ?? '').length) || '/'
  const native = asNative(request)
  const { method, headers, body, signal } = native
  const moved = new Request(url, { method, headers, signal, ...(body && { body, duplex: 'half' }) })
  return typeof target === 'function' ? target(moved, inner) : target.fetch(moved, inner)
}

/** What a mounted application is told: the part of the path that is not its own. */
export function below({ prefix, target }: Mount, info: RequestInfo | undefined): RequestInfo {
  return {
    address: info?.address,
    basePath: joined(info?.basePath ?? '', prefix),
    ...(isApi(target) && { requestTarget: info?.requestTarget, Response: info?.Response }),
    ...(info?.waitUntil === undefined ? {} : { waitUntil: (work) => info.waitUntil?.(work) }),
  }
}

/** An application of ours takes its prefix off by itself, and has WebSockets. */
export function isApi(target: Mountable): target is Api {
  return typeof target === 'object' && 'upgrade' in target && 'openapi' in target
}
