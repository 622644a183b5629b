/** The request to log out (OpenID Connect RP-Initiated Logout §2): whom it names, and where the browser goes after it. */

import type { SentParameters } from './parameters.ts'
import { sortParameters } from './parameters.ts'

/** A request to log out, sorted and not yet believed. */
export interface EndSessionRequest {
  readonly idTokenHint?: string
  readonly clientId?: string
  readonly postLogoutRedirectUri?: string
  readonly state?: string
}

/** Longer than what any of them may be. */
const longest = 8192

/**
 * Reads it.
 *
 * @returns `undefined` when a parameter is repeated, is no text or is too long: it is not guessed which one counts.
 */
export function parseEndSessionRequest(parameters: SentParameters): EndSessionRequest | undefined {
  const sent = sortParameters(parameters)
  const names = {
    id_token_hint: 'idTokenHint',
    client_id: 'clientId',
    post_logout_redirect_uri: 'postLogoutRedirectUri',
    state: 'state',
  } as const
  const request: { -readonly [Name in keyof EndSessionRequest]: EndSessionRequest[Name] } = {}
  for (const [name, member] of Object.entries(names)) {
    const value = sent.one(name)
    if (sent.repeated.has(name) || sent.malformed.has(name) || (value?.length ?? 0) > longest)
      return undefined
    if (value !== undefined) request[member] = value
  }
  return request
}

/**
 * Where the browser goes after a logout: a registered address exactly (RP-Initiated Logout §3), with the state.
 *
 * @returns `undefined` when it is not registered.
 */
export function postLogoutLocation(
  { postLogoutRedirectUri, state }: EndSessionRequest,
  registered: readonly string[],
): string | undefined {
  if (postLogoutRedirectUri === undefined || !registered.includes(postLogoutRedirectUri)) return undefined
  if (state === undefined) return postLogoutRedirectUri
  const joint = postLogoutRedirectUri.includes('?') ? '&' : '?'
  return `${postLogoutRedirectUri}${joint}state=${encodeURIComponent(state)}`
}
