/** Pushed authorization requests (RFC 9126): the rules of what is pushed, and of the reference to it. */

import { AuthorizationError } from './authorization-error.ts'
import { requestedClientId } from './authorization-request.ts'
import { invalidRequest, OAuthError } from './oauth-error.ts'
import { sortParameters } from './parameters.ts'
import type { SentParameters } from './parameters.ts'

/** What a reference begins with (RFC 9126 §2.2). */
export const pushedRequestPrefix = 'urn:ietf:params:oauth:request_uri:'

/**
 * What is kept of a push, and then checked as an authorization request: everything but the client's credentials.
 *
 * @throws {OAuthError} `invalid_request` for a reference within the push (RFC 9126 §2.1).
 */
export function pushedParameters(parameters: SentParameters): SentParameters {
  // Also an empty one, or one of two: it must not be there.
  if (parameters.some(([name]) => name === 'request_uri')) {
    throw invalidRequest('A pushed request cannot have a request_uri')
  }
  return parameters.filter(([name]) => !credentials.has(name))
}

const credentials: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/**
 * The reference in an authorization request, if there is one of ours. Nothing else that was sent counts (RFC 9126 §4):
 * not another scope, not another redirect URI.
 *
 * @throws {AuthorizationError} A page error: nothing is known yet that could be redirected to.
 */
export function pushedReference(
  parameters: SentParameters,
): { readonly clientId: string; readonly requestUri: string } | undefined {
  const sent = sortParameters(parameters)
  if (sent.repeated.has('request_uri')) {
    throw new AuthorizationError('invalid_request', 'The parameter request_uri is there more than once')
  }
  const requestUri = sent.one('request_uri')
  if (!requestUri?.startsWith(pushedRequestPrefix)) return undefined
  if (requestUri.length > 512 || !/^[\x21-\x7e]+$/.test(requestUri)) {
    throw new AuthorizationError('invalid_request_uri', 'The request_uri is malformed')
  }
  return { clientId: requestedClientId(parameters), requestUri }
}

/**
 * The key a code will be bound to, when the client asks for it in both ways (RFC 9449 §10.1).
 *
 * @param dpopJkt The parameter.
 * @param proven The thumbprint of the proof that came with the push.
 * @throws {OAuthError} `invalid_dpop_proof` when they differ.
 */
export function boundKey(dpopJkt: string | undefined, proven: string | undefined): string | undefined {
  if (dpopJkt !== undefined && proven !== undefined && dpopJkt !== proven) {
    throw new OAuthError('invalid_dpop_proof', 'The DPoP proof has another key than dpop_jkt')
  }
  return proven ?? dpopJkt
}
