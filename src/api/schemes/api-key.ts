/** API keys in a header, a cookie or the query. */

import { plainChallenges, missing, schemeDependency, verified } from '../scheme.ts'
import type { CredentialSource, Principal, SchemeOptions, ScopeDescriptions, Verify } from '../scheme.ts'
import type { Dependency } from '../dependency.ts'
import { invalidOption } from '../option-error.ts'

/** Where an API key is looked for: exactly one of the three. */
export type ApiKeyPlace =
  | { readonly header: string; readonly cookie?: never; readonly query?: never }
  | { readonly cookie: string; readonly header?: never; readonly query?: never }
  | { readonly query: string; readonly header?: never; readonly cookie?: never }

/** How an API key is read and verified. */
export type ApiKeyOptions<Scopes extends ScopeDescriptions, Result> = ApiKeyPlace &
  SchemeOptions<Scopes> & {
    readonly verify: Verify<string, Result>
    /**
     * The challenge of a 401. RFC 9110 §15.5.2 wants one, and no scheme is registered for API keys; `APIKey` unless
     * told, as FastAPI has it.
     */
    readonly challenge?: string
  }

/**
 * A key in a header, a cookie or the query (OpenAPI `apiKey`).
 *
 * Header names compare without case; cookie and query names exactly, and the last value wins. A key in a query ends
 * up in logs and histories: prefer a header.
 *
 * @example
 *
 * ```ts
 * const machine = apiKey({ header: 'x-api-key', verify: (key) => machines.byKey(key) })
 * ```
 */
export function apiKey<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: ApiKeyOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  const { place, name } = placeOf(options)
  const read = reader(place, name)
  return schemeDependency({
    name: options.name,
    defaultName: { header: 'APIKeyHeader', cookie: 'APIKeyCookie', query: 'APIKeyQuery' }[place],
    document: {
      type: 'apiKey',
      ...(options.description === undefined ? {} : { description: options.description }),
      in: place,
      name,
    },
    scopes: options.scopes ?? {},
    authenticate: (source) => {
      const key = read(source)
      // An empty value is how a form or a script says "none".
      if (!key) return missing
      return verified(options.verify(key, { scheme: '', credentials: key, request: source.request }))
    },
    ...plainChallenges(options.challenge ?? 'APIKey'),
  })
}

function placeOf(options: ApiKeyPlace): { place: 'header' | 'cookie' | 'query'; name: string } {
  for (const place of ['header', 'cookie', 'query'] as const) {
    const name = options[place]
    if (name !== undefined && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return { place, name }
  }
  throw invalidOption(
    'apiKey',
    'header, cookie or query',
    'one of them must name where the key is, for example { header: "x-api-key" }',
  )
}

function reader(
  place: 'header' | 'cookie' | 'query',
  name: string,
): (source: CredentialSource) => string | undefined {
  if (place === 'header') return (source) => source.header(name)
  return place === 'cookie' ? (source) => source.cookie(name) : (source) => source.queryValue(name)
}
