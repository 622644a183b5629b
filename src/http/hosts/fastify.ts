/** Mounting an application in Fastify. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { headOf, refusedMethod, toRequest, type Mountable, type PublicUrl } from '../node-request.ts'
import type { RequestGuard } from './request-guard.ts'

export type { Mountable, MountInfo } from '../node-request.ts'
export type { RequestGuard } from './request-guard.ts'

/** What is used of a Fastify request. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage
  readonly originalUrl: string
  readonly protocol: string
  readonly host: string
  readonly ip: string
  readonly body?: unknown
  readonly rawBody?: unknown
}

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse
  send(payload: unknown): unknown
}

/** What is used of a Fastify instance. */
export interface FastifyInstanceLike {
  readonly prefix: string
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    contentType: '*',
    parser: (request: unknown, payload: unknown, done: (error: Error | null) => void) => void,
  ): unknown
  all(
    path: string,
    handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>,
  ): unknown
}

/** A Fastify plugin. */
export type FastifyPlugin = (instance: FastifyInstanceLike) => Promise<void>

/**
 * Makes a Fastify plugin of an application. Its paths begin below the prefix it is registered with; hooks of the
 * surrounding application run as for every route.
 *
 * @example
 *
 * ```ts
 * await fastify().register(toFastify(app), { prefix: '/api' })
 * ```
 */
export function toFastify(app: Mountable): FastifyPlugin {
  return async (instance) => {
    // Inside a plugin this touches nobody else: bodies of every type come through unread.
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const basePath = instance.prefix === '/' ? '' : instance.prefix

    async function handle(request: FastifyRequestLike, reply: FastifyReplyLike): Promise<unknown> {
      const refused = refusedMethod(request.raw.method)
      if (refused !== undefined) return reply.send(refused)
      const web = toRequest(request.raw, reply.raw, request, publicUrlOf(request))
      return reply.send(prompt(await app.fetch(web, { address: request.ip, basePath })))
    }
    for (const path of ['/', '/*']) instance.all(path, (request, reply) => handle(request, reply))
  }
}

/** A Fastify hook: as `onRequest` it runs before the body is read, as `preHandler` after. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

/**
 * Guards plain Fastify routes; `guard.tokenOf(request)` has the token.
 *
 * @example
 *
 * ```ts
 * app.get('/items', { onRequest: fastifyGuard(guard, { scopes: ['items:read'] }) }, (request) =>
 *   itemsOf(guard.tokenOf(request).subject),
 * )
 * ```
 */
export function fastifyGuard<Requirement>(
  guard: RequestGuard<Requirement>,
  requirement?: Requirement,
): FastifyHook {
  return async (request, reply) => {
    const answered =
      refusedMethod(request.raw.method) ??
      (await guard.check(headOf(request.raw, publicUrlOf(request)), requirement, request)).response
    // What a hook sends and returns is the answer; returning nothing lets the request go on.
    return answered === undefined ? undefined : reply.send(answered)
  }
}

function publicUrlOf(request: FastifyRequestLike): PublicUrl {
  return { protocol: request.protocol, host: request.host, path: request.originalUrl }
}

/**
 * Fastify sends the headers of a stream with its first chunk, and a client of an event stream waits for them before it
 * does anything. An empty chunk at the beginning makes them leave at once.
 */
function prompt(answer: Response): Response {
  if (answer.body === null || answer.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return answer
  const reader = answer.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(0)),
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(body, { status: answer.status, headers: answer.headers })
}
