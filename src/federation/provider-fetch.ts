/** Requests to providers: within the limits of all outgoing ones, and within the time that somebody waits for a page. */

import { outgoing, OutgoingError } from '../http/outgoing.ts'
import type { FetchLike, OutgoingAnswer } from '../http/outgoing.ts'
import type { ProviderWorld } from '../server/federation/provider.ts'

/** How a provider is reached. */
export interface ReachOptions {
  /** Kinds of addresses that the provider may be at besides public ones; in development this computer, elsewhere none. */
  readonly reachable?: readonly ('loopback' | 'private')[]
  /** Sends the requests instead, through a proxy for example. The addresses that it reaches are then its own matter. */
  readonly fetch?: FetchLike
}

/** The largest answer of a provider, in bytes. */
const maxBytes = 262_144

/**
 * A `fetch` for the requests of one step, which all together may take 8 seconds.
 *
 * @throws {OutgoingError} From the function it makes.
 */
export function providerFetch(world: ProviderWorld, options: ReachOptions): FetchLike {
  const end = performance.now() + 8000
  const reachable = reachableFrom(world, options)
  return async (url, init) => {
    const left = (end - performance.now()) / 1000
    if (left <= 0) throw new OutgoingError('time', 'The provider took too long')
    const send = outgoing({ reachable, maxBytes, timeout: Math.min(5, left), fetch: options.fetch })
    const { body } = init
    return responseOf(
      await send(url, {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined || body === null ? {} : { body: String(body as string | URLSearchParams) }),
      }),
    )
  }
}

/** Kinds of addresses that a provider may be at besides public ones. */
export function reachableFrom(
  { isDevelopment }: ProviderWorld,
  { reachable }: ReachOptions,
): readonly ('loopback' | 'private')[] {
  return reachable ?? (isDevelopment ? ['loopback'] : [])
}

function responseOf({ status, headers, body }: OutgoingAnswer): Response {
  if (status < 200 || status > 599 || status === 204 || status === 205) {
    throw new OutgoingError('network', `The provider answered with ${status}`)
  }
  const type = headers.get('content-type')
  return new Response(Buffer.from(body), { status, headers: type === null ? {} : { 'content-type': type } })
}
