/** Cross-origin resource sharing: which other origins may read our answers in a browser. */

/** Who may read what. */
export interface CorsOptions {
  /** Exact origins (`https://app.example.com`), `'*'` for everybody without credentials, or a decision. */
  readonly origins: readonly string[] | '*' | ((origin: string) => boolean)
  /** Lets the browser send cookies. Never with `'*'`. False unless told. */
  readonly credentials?: boolean
  /** GET, HEAD, POST, PUT, PATCH and DELETE unless told. */
  readonly methods?: readonly string[]
  /** Request headers a page may set. `Authorization` and `Content-Type` unless told. */
  readonly allowHeaders?: readonly string[]
  /** Response headers a page may read. `WWW-Authenticate` unless told. */
  readonly exposeHeaders?: readonly string[]
  /** How long a browser may remember a preflight, in seconds. 600 unless told. */
  readonly maxAge?: number
}

/** A policy, ready to be asked. */
export interface CorsPolicy {
  /** Answers a preflight; `undefined` for every other request. */
  preflight(request: Request): Response | undefined
  /** What to add to an answer for this `Origin`. */
  headersFor(origin: string | null): Readonly<Record<string, string>>
}

/**
 * Makes a policy. An origin that is not listed is never named in an answer.
 *
 * @example
 *
 * ```ts
 * const cors = corsPolicy({ origins: ['https://app.example.com'], credentials: true })
 * ```
 *
 * @throws {TypeError} When credentials would be shared with everybody, or an origin is not one.
 */
export function corsPolicy(options: CorsOptions): CorsPolicy {
  const { origins, credentials = false, maxAge = 600 } = options
  if (origins === '*' && credentials) {
    throw new TypeError("cors: credentials cannot be shared with origins: '*'; list the origins")
  }
  if (Array.isArray(origins)) origins.forEach(checkOrigin)
  const methods = (options.methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).join(', ')
  const allowed = (options.allowHeaders ?? ['Authorization', 'Content-Type']).join(', ')
  const exposed = (options.exposeHeaders ?? ['WWW-Authenticate']).join(', ')

  // '*' is the same answer for everybody; everything else depends on who asks, and a cache must know
  const vary: Readonly<Record<string, string>> = origins === '*' ? {} : { vary: 'Origin' }
  const isAllowed = allowing(origins)

  function sharedWith(origin: string): Record<string, string> {
    return {
      'access-control-allow-origin': origins === '*' ? '*' : origin,
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
      ...vary,
    }
  }

  return {
    headersFor(origin) {
      if (origin === null || !isAllowed(origin)) return vary
      return exposed === ''
        ? sharedWith(origin)
        : { ...sharedWith(origin), 'access-control-expose-headers': exposed }
    },
    preflight(request) {
      const origin = request.headers.get('origin')
      if (request.method !== 'OPTIONS' || origin === null) return undefined
      if (request.headers.get('access-control-request-method') === null) return undefined
      // not allowed: the same 204 without the word that would let the page go on
      const headers = isAllowed(origin)
        ? {
            ...sharedWith(origin),
            'access-control-allow-methods': methods,
            'access-control-allow-headers': allowed,
            'access-control-max-age': String(maxAge),
          }
        : vary
      return new Response(null, { status: 204, headers })
    },
  }
}

function allowing(origins: CorsOptions['origins']): (origin: string) => boolean {
  if (origins === '*') return () => true
  // 'null' is shared by every sandboxed frame: not even a predicate may allow it
  if (typeof origins === 'function') return (origin) => origin !== 'null' && origins(origin)
  const listed = new Set(origins)
  return (origin) => listed.has(origin)
}

function checkOrigin(origin: string): void {
  // a star in a host parses, and would never match anything
  if (!URL.canParse(origin) || new URL(origin).origin !== origin || origin.includes('*')) {
    throw new TypeError(
      `cors: ${JSON.stringify(origin)} is not an origin; write it like "https://app.example.com"`,
    )
  }
}
