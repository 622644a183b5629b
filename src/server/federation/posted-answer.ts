/**
 * Answers that a provider posts (OAuth 2.0 Form Post Response Mode). A post that another site began comes without our
 * cookies, so it cannot be known whose browser it is: it is turned into a GET of the same address, which has them.
 */

import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { sortParameters } from '../../protocol/parameters.ts'

/** What is passed on of an answer. `user` is Apple's. */
const passedOn: ReadonlySet<string> = new Set(['code', 'error', 'iss', 'user'])

/** In characters, of all that is passed on: it ends up in an address. */
const longest = 4000

/**
 * Where the browser goes with a posted answer. Nothing is used up, as nobody knows yet who sent it; and what it says is
 * sealed, so that no log and no history has the code or the name of the person.
 *
 * @param callback The address of the callback, of the settings.
 */
export function forwarded(secretKey: string, callback: string, form: SentParameters): string {
  const state = stateIn(form)
  const answer = JSON.stringify(form.filter(([name]) => passedOn.has(name)))
  if (state === undefined || answer.length > longest) return callback
  const url = new URL(callback)
  url.searchParams.set('state', state)
  url.searchParams.set('answer', seal(keyOf(secretKey), answer, state))
  return url.href
}

/** The answer that an address of {@link forwarded} holds. Of any other address it is empty. */
export function forwardedAnswer(secretKey: string, query: SentParameters): SentParameters {
  const state = stateIn(query)
  const sealed = sortParameters(query).one('answer')
  if (state === undefined || sealed === undefined) return []
  const answer = unseal(keyOf(secretKey), sealed, state)
  // Written by `forwarded`, and sealed since.
  return answer === undefined ? [] : [...(JSON.parse(answer) as SentParameters), ['state', state]]
}

function stateIn(sent: SentParameters): string | undefined {
  const state = sortParameters(sent).one('state')
  return state !== undefined && /^[\w-]{43}$/.test(state) ? state : undefined
}

function keyOf(secretKey: string): Uint8Array {
  return deriveKey(secretKey, 'gatewright answers of providers')
}
