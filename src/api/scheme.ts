/** What every security scheme has in common: who reads the credential, who verifies it, how a refusal is said. */

import { challenge } from '../protocol/challenge.ts'
import { Rejection } from '../protocol/rejection.ts'
import type { LoginDemand } from '../protocol/step-up.ts'
import type { Dependency } from './dependency.ts'
import type { GuardedOperation } from './guarded-operation.ts'
import { isThenable } from './thenable.ts'

/** The scopes of a scheme, each with the sentence shown in the docs and on the consent page. */
export type ScopeDescriptions = Readonly<Record<string, string>>

/** What a scheme needs to read a credential: a request or a WebSocket handshake. */
export interface CredentialSource {
  readonly request: Request
  header(name: string): string | undefined
  /** The last value of a query parameter. */
  queryValue(name: string): string | undefined
  /** The last value of a cookie, as sent. */
  cookie(name: string): string | undefined
}

/** What is known of a presented credential besides itself. */
export interface Presented {
  /** The scheme word as the client spelt it; empty for API keys. */
  readonly scheme: string
  /** What came after the scheme word. */
  readonly credentials: string
  /** The request, or the handshake of a WebSocket. Its body is not to be read here. */
  readonly request: Request
}

/**
 * Decides whether a credential is good.
 *
 * @returns The principal that the handler receives; `undefined`, `null` or `false` for a credential that is not good, or
 *   `reject('The reason')` to say why. Where scopes are required, the principal's `scopes` are what was granted.
 */
export type Verify<Credential, Result> = (credential: Credential, presented: Presented) => Result

/** What a handler receives from a scheme whose `verify` returns `Result`. */
export type Principal<Result> = Exclude<Awaited<Result>, Rejection | undefined | null | false>

/** No credential of this kind came with the request. */
export const missing: unique symbol = Symbol('no credentials')

/** What a scheme says of a request: a principal, a `Rejection` or {@link missing}; or a promise of one of them. */
export type Authenticated = unknown

/** A security scheme as the planner, the resolver and the OpenAPI document see it. */
export interface Scheme {
  /** The key under `components.securitySchemes`, when the application chose one. */
  readonly name: string | undefined
  /** The key otherwise; numbered when several schemes have it. */
  readonly defaultName: string
  /** The OpenAPI Security Scheme Object. */
  readonly document: Readonly<Record<string, unknown>>
  readonly scopes: ScopeDescriptions
  /** Reads and verifies. */
  readonly authenticate: (source: CredentialSource) => Authenticated
  /** The challenge of a 401 without credentials (RFC 6750 §3.1: no error code then). */
  readonly missing: (scopes: readonly string[]) => string
  /** The challenge of a 401 with bad credentials; told what the route asks for, as good ones will need it. */
  readonly invalid: (rejection: Rejection, scopes: readonly string[]) => string
  /** The challenge of a 403, where the scheme has one. */
  readonly insufficient: (scopes: readonly string[], description: string) => string | undefined
  /**
   * Why the login behind a principal is not enough (RFC 9470), for schemes whose credentials tell of it.
   *
   * @param scopes What the route needs besides, for the challenge.
   */
  readonly login?: (
    principal: unknown,
    demand: LoginDemand,
    scopes: readonly string[],
  ) => Rejection | undefined
  /** Told of each route that is planned with it and not hidden, and of the scopes that it asks for there. */
  readonly guards?: (operation: GuardedOperation, scopes: readonly string[]) => void
}

/** What all schemes accept. */
export interface SchemeOptions<Scopes extends ScopeDescriptions> {
  /** The key under `components.securitySchemes`; the name FastAPI gives its class unless told. */
  readonly name?: string
  readonly description?: string
  /** The scopes that may be required, each with a sentence. */
  readonly scopes?: Scopes
}

/** A dependency on a scheme. */
export function schemeDependency<Value, Scope extends string>(scheme: Scheme): Dependency<Value, Scope> {
  // The scopes are the keys of the catalogue whose type is `Scope`; `Object.keys` forgets that.
  return { scopes: Object.keys(scheme.scopes) as Scope[], definition: { kind: 'scheme', scheme } }
}

/** The words of a refusal for schemes that speak RFC 6750 §3: `Bearer` and those that follow it. */
export function bearerChallenges(
  word: string,
  realm?: string,
): Pick<Scheme, 'missing' | 'invalid' | 'insufficient'> {
  return {
    missing: (scopes) => challenge(word, { realm, scope: scopes.length > 0 ? scopes.join(' ') : undefined }),
    invalid: ({ error, description, parameters }) =>
      challenge(word, { realm, error, error_description: description, ...parameters }),
    insufficient: (scopes, description) =>
      challenge(word, {
        realm,
        error: 'insufficient_scope',
        error_description: description,
        scope: scopes.join(' '),
      }),
  }
}

/** The words of a refusal for schemes that have no error codes: the same challenge, whatever was wrong. */
export function plainChallenges(text: string): Pick<Scheme, 'missing' | 'invalid' | 'insufficient'> {
  return { missing: () => text, invalid: () => text, insufficient: () => undefined }
}

/** Runs a verifier and makes its several ways to say no into one. */
export function verified(result: unknown): Authenticated {
  return isThenable(result) ? Promise.resolve(result).then(decided) : decided(result)
}

const refused = new Rejection('Could not validate credentials')

function decided(result: unknown): Authenticated {
  // `false` too: `(key) => keys.has(key)` means no by it, and a principal it cannot be
  return result === undefined || result === null || result === false ? refused : result
}
