/** Turns away what another site made the browser send: for routes that a cookie authenticates. */

import { crossSite } from '../http/csrf.ts'
import { HttpError } from '../http/http-error.ts'
import type { Dependency } from './dependency.ts'
import { invalidOption } from './option-error.ts'

/** Who besides the application's own pages may send requests that change something. */
export interface SameOriginOptions {
  /**
   * The origin of this application: `http://localhost:8000`. Requests for any other host are refused as well, reading
   * ones too. Unless told, the request says for which host it is, and is believed: fit for a cookie, which belongs to
   * one host, and not for what answers whoever can reach it, as a server on somebody's computer does (DNS rebinding).
   */
  readonly origin?: string
  /** Other origins that may: `https://app.example.com`, without a path. None unless told. */
  readonly allowedOrigins?: readonly string[]
  /** Also refuses a request that does not say where it comes from, as curl's; `false` unless told. */
  readonly strict?: boolean
}

/**
 * Lets a request pass that the application's own pages sent, or that cannot change anything. Browsers add cookies to
 * requests that other sites begin, so a cookie alone does not show that the user wanted what is asked for.
 *
 * Reads `Sec-Fetch-Site` and `Origin`, which no page can forge; WebSocket handshakes are looked at as well. Put it
 * into the guard, so that no route is forgotten, the one that logs in included.
 *
 * @example
 *
 * ```ts
 * const session = apiKey({ cookie: '__Host-token', verify: tokens.verify })
 * const app = api({ guard: sameOrigin() })
 *   .post('/notes', { token: session, note: json(Note) }, ({ note }) => save(note))
 * ```
 *
 * @throws {HttpError} 403 when another site began the request, or it is for another host than that of `origin`.
 * @throws {DeclarationError} For an origin that is none.
 */
export function sameOrigin(options: SameOriginOptions = {}): Dependency<undefined> {
  const { origin: own, allowedOrigins = [], strict = false } = options
  const isOrigin = (origin: string): boolean => URL.parse(origin)?.origin === origin
  if (own !== undefined && !isOrigin(own)) {
    throw invalidOption('sameOrigin', 'origin', 'an origin such as "http://localhost:8000", without a path')
  }
  if (!allowedOrigins.every(isOrigin)) {
    throw invalidOption(
      'sameOrigin',
      'allowedOrigins',
      'origins such as "https://app.example.com", without a path',
    )
  }
  const host = own === undefined ? undefined : new URL(own).host
  const origins = own === undefined ? allowedOrigins : [own, ...allowedOrigins]
  return {
    scopes: [],
    definition: {
      kind: 'context',
      read: ({ request }) => {
        // A page whose name stands for this computer by now: for its browser, this is its own origin.
        if (host !== undefined && URL.parse(request.url)?.host !== host) {
          throw new HttpError(403, 'The request is for another host')
        }
        if (crossSite(request, origins, { strict })) {
          throw new HttpError(403, 'Another site began this request')
        }
        return undefined
      },
    },
  }
}
