/** Mounting an application in Express. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { headOf, refusedMethod, toRequest, type Mountable, type PublicUrl } from '../node-request.ts'
import type { RequestGuard } from './request-guard.ts'

export type { Mountable, MountInfo } from '../node-request.ts'
export type { RequestGuard } from './request-guard.ts'

/** What is used of an Express request. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl: string
  readonly baseUrl: string
  readonly protocol: string
  readonly ip?: string | undefined
  readonly host?: string | undefined
  readonly body?: unknown
  readonly rawBody?: unknown
}

/** An Express handler. */
export type ExpressHandler = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Makes an Express handler of an application. Its paths begin below the path it is mounted at; body parsers may run
 * before it.
 *
 * @example
 *
 * ```ts
 * express().use('/api', toExpress(app))
 * ```
 */
export function toExpress(app: Mountable): ExpressHandler {
  return async (request, response, next) => {
    try {
      await answer(app, request, response)
    } catch (error) {
      next(error)
    }
  }
}

/**
 * Guards plain Express routes, before their body is read; `guard.tokenOf(request)` has the token.
 *
 * @example
 *
 * ```ts
 * app.get('/items', expressGuard(guard, { scopes: ['items:read'] }), (request, response) => {
 *   response.json(itemsOf(guard.tokenOf(request).subject))
 * })
 * ```
 */
export function expressGuard<Requirement>(
  guard: RequestGuard<Requirement>,
  requirement?: Requirement,
): ExpressHandler {
  return async (request, response, next) => {
    try {
      const answered =
        refusedMethod(request.method) ??
        (await guard.check(headOf(request, publicUrlOf(request)), requirement, request)).response
      if (answered === undefined) next()
      else await send(answered, request, response)
    } catch (error) {
      next(error)
    }
  }
}

async function answer(app: Mountable, request: ExpressRequest, response: ServerResponse): Promise<void> {
  const refused = refusedMethod(request.method)
  if (refused !== undefined) return send(refused, request, response)
  const web = toRequest(request, response, request, publicUrlOf(request))
  await send(await app.fetch(web, { address: request.ip, basePath: request.baseUrl }), request, response)
}

function publicUrlOf(request: ExpressRequest): PublicUrl {
  return {
    protocol: request.protocol,
    host: request.host ?? request.headers.host,
    path: request.originalUrl,
  }
}

async function send(answered: Response, request: ExpressRequest, response: ServerResponse): Promise<void> {
  response.statusCode = answered.status
  for (const [name, value] of answered.headers) {
    if (name === 'set-cookie') response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  if (answered.body === null || request.method === 'HEAD') {
    await answered.body?.cancel()
    response.end()
    return
  }
  await writeBody(answered.body, response)
}

/** Hands on each piece as it comes; waits when the client does not keep up; stops the source when it goes away. */
async function writeBody(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = body.getReader()
  const gone = Promise.withResolvers<void>()
  response.once('close', () => {
    gone.resolve()
    // nothing waits for it: the source may take its time to stop
    reader.cancel().catch(() => undefined)
  })
  response.flushHeaders()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || response.destroyed) break
      const isRoomLeft = response.write(value)
      // where a compressing middleware sits in between: an event must not wait in its buffer
      ;(response as { flush?: () => void }).flush?.()
      if (!isRoomLeft) {
        const { promise, resolve } = Promise.withResolvers<void>()
        response.once('drain', resolve)
        await Promise.race([promise, gone.promise])
      }
    }
    response.end()
  } catch (error) {
    // the status has left: only breaking off can say that this is not the whole answer
    response.destroy(error instanceof Error ? error : undefined)
  }
}
