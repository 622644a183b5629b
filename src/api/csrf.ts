/** Turns away what another site made the browser send: for routes that a cookie authenticates. */

import { crossSite } from '../http/csrf.ts'
import { HttpError } from '../http/http-error.ts'
import type { Dependency } from './dependency.ts'
import { invalidOption } from './option-error.ts'

/** Who besides the application's own pages may send requests that change something. */
export interface SameOriginOptions {
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
 * @throws {HttpError} 403 when another site began the request.
 * @throws {DeclarationError} For an allowed origin that is none.
 */
export function sameOrigin(options: SameOriginOptions = {}): Dependency<undefined> {
  const { allowedOrigins = [], strict = false } = options
  for (const origin of allowedOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw invalidOption(
        'sameOrigin',
        'allowedOrigins',
        'origins such as "https://app.example.com", without a path',
      )
    }
  }
  return {
    scopes: [],
    definition: {
      kind: 'context',
      read: ({ request }) => {
        if (crossSite(request, allowedOrigins, { strict })) {
          throw new HttpError(403, 'Another site began this request')
        }
        return undefined
      },
    },
  }
}
