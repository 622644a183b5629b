/** The guard for applications of other frameworks: is this request's token good for this? */

import { HttpError } from '../http/http-error.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import { Rejection } from '../protocol/rejection.ts'
import { demandFault } from '../protocol/step-up.ts'
import type { LoginDemand } from '../protocol/step-up.ts'
import type { ScopeCatalogue } from './access-tokens-options.ts'
import type { ForeignTokensOptions, Trusted } from './foreign-tokens-options.ts'
import { tokenGate } from './token-gate.ts'

/** What a route needs. */
export interface Requirement<Scope extends string = string> extends LoginDemand {
  /** All of these. */
  readonly scopes?: readonly Scope[]
}

/** A request that may go on, with its token; or the answer to one that may not. */
export type Checked<Scope extends string = string> =
  | { readonly token: AccessToken<Scope>; readonly response?: undefined }
  | { readonly token?: undefined; readonly response: Response }

/** Guards routes. */
export interface TokenGuard<Scope extends string = string> {
  /**
   * Checks a request. Its body is not read.
   *
   * @param requirement What is needed besides a good token.
   * @param key Under what {@link TokenGuard.tokenOf} finds the token; the request unless told.
   * @returns The token; or the answer: 401, 403, or 503 when the issuer cannot be reached.
   */
  readonly check: (
    request: Request,
    requirement?: Requirement<Scope>,
    key?: object,
  ) => Promise<Checked<Scope>>
  /**
   * The token of a request that was let through.
   *
   * @throws {Error} For another request: its route has no guard.
   */
  readonly tokenOf: (request: object) => AccessToken<Scope>
  /** The answer to a request for the metadata of this API (RFC 9728); `undefined` for any other request. */
  readonly metadata: (request: Request) => Response | undefined
}

/**
 * Accepts the tokens of an issuer, or of several, in an application of any framework.
 *
 * @example
 *
 * ```ts
 * const guard = tokenGuard({ issuer: 'https://id.example.com', audience: 'https://api.example.com' })
 *
 * export async function GET(request: Request) {
 *   const { token, response } = await guard.check(request, { scopes: ['items:read'] })
 *   return response ?? Response.json(itemsOf(token.subject))
 * }
 * ```
 *
 * @throws Error for an option that cannot be right; the message names it and says what would be.
 */
export function tokenGuard<const Scopes extends ScopeCatalogue = ScopeCatalogue>(
  options: ForeignTokensOptions<Scopes> & Trusted,
): TokenGuard<keyof Scopes & string> {
  const gate = tokenGate(options)
  const { challenges, metadata } = gate
  const tokens = new WeakMap<object, AccessToken>()

  async function decided(request: Request, requirement: Requirement): Promise<AccessToken | Response> {
    const { scopes = [], acr, maxAge } = requirement
    const fault = acr === undefined && maxAge === undefined ? undefined : demandFault(requirement)
    if (fault !== undefined) throw new TypeError(`${fault[0]}: give ${fault[1]}`)
    const { method, url, headers } = request
    const found = await gate.authenticate({ method, url, header: (name) => headers.get(name) ?? undefined })
    if (found === undefined) return refusal(401, 'Not authenticated', challenges.missing(scopes))
    if (found instanceof Rejection) return invalid(found, scopes)
    // Before the scopes: the login that is asked for brings them along.
    const unmet = gate.unmet(found, requirement, scopes)
    if (unmet !== undefined) return invalid(unmet, scopes)
    if (!scopes.every((scope) => found.scopes.includes(scope))) {
      const detail = `This needs the ${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' ')}`
      return refusal(403, detail, challenges.insufficient(scopes, detail))
    }
    return found
  }

  function invalid(rejection: Rejection, scopes: readonly string[]): Response {
    return refusal(401, rejection.description, challenges.invalid(rejection, scopes), rejection.headers)
  }

  return {
    async check(request, requirement = {}, key = request) {
      const found = await decided(request, requirement).catch(unavailable)
      if (found instanceof Response) return { response: found }
      tokens.set(key, found)
      return { token: found }
    },
    tokenOf(request) {
      const token = tokens.get(request)
      if (token === undefined) throw new Error('This request was not checked: its route has no guard')
      return token
    },
    metadata(request) {
      if (metadata === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
      if (new URL(request.url).pathname !== metadata.path) return undefined
      return new Response(metadata.body, { headers: metadata.headers })
    },
  }
}

function refusal(
  status: number,
  detail: string,
  challenge: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify({ detail }), {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'www-authenticate': challenge },
  })
}

/** "Not at the moment" is an answer; everything else is the application's to report. */
function unavailable(error: unknown): Response {
  if (!(error instanceof HttpError)) throw error
  return new Response(JSON.stringify(error), {
    status: error.status,
    headers: { ...error.headers, 'content-type': 'application/json' },
  })
}
