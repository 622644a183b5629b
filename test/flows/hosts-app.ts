/** A small application that says what it got: what every host is tested with. */

import { readBytes } from '../../src/http/body.ts'
import { readForm } from '../../src/http/form-body.ts'
import { readJson } from '../../src/http/json-body.ts'
import type { Mountable, MountInfo } from '../../src/http/node-request.ts'

/** The application, and what became of its streams and requests. */
export interface Probe extends Mountable {
  /** Settles when a client of `/hang` or `/events` has gone. */
  readonly gone: Promise<void>
  /** Sends an event to the client of `/events`. */
  readonly push: (text: string) => void
}

/** Answers below the base path it is told of, whatever that is. */
export function probe(): Probe {
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const encoder = new TextEncoder()

  async function answer(request: Request, info: MountInfo): Promise<Response> {
    const url = new URL(request.url)
    const below = url.pathname.slice(info.basePath?.length ?? 0)
    switch (below) {
      case '/json':
        return Response.json(await readJson(request, { bytes: 1000, depth: 10 }))
      case '/form': {
        const { entries } = await readForm(request, { bytes: 10_000, fields: 100, fileBytes: 1000 })
        const shown = entries.map(async ([name, value]) => [
          name,
          typeof value === 'string' ? value : `${value.name} ${value.type} ${await value.text()}`,
        ])
        return Response.json(await Promise.all(shown))
      }
      case '/bytes':
        return new Response((await readBytes(request, 1_000_000)) as Uint8Array<ArrayBuffer>)
      case '/cookies': {
        const headers = new Headers({ 'x-got': request.headers.get('cookie') ?? '' })
        headers.append('set-cookie', 'a=1; Path=/; Expires=Thu, 01 Jan 2037 00:00:00 GMT')
        headers.append('set-cookie', 'b=2; Path=/')
        return new Response(null, { status: 201, headers })
      }
      case '/hang':
        return new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            leave()
            resolve(new Response(null, { status: 499 }))
          })
        })
      case '/events':
        return new Response(
          new ReadableStream({ start: (given) => void (controller = given), cancel: () => leave() }),
          { headers: { 'content-type': 'text/event-stream' } },
        )
      default:
        return Response.json({ method: request.method, url: request.url, below, ...info })
    }
  }

  return {
    gone,
    push: (text) => controller?.enqueue(encoder.encode(text)),
    fetch: (request, info) =>
      answer(request, info).catch((error: unknown) => {
        if (error instanceof Error && 'status' in error) {
          return Response.json(error, { status: error.status as number })
        }
        throw error
      }),
  }
}
