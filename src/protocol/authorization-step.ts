/** What a person has to do before an authorization request is answered (OpenID Connect Core §3.1.2.3, §3.1.2.4). */

import type { AuthorizationRequest } from './authorization-request.ts'

/** What is known of the person at the moment of asking. */
export interface Standing {
  /** When they last logged in, in milliseconds since 1970; missing when nobody is logged in. */
  readonly authTime?: number | undefined
  /** Whether they did so since this request came. */
  readonly isFresh: boolean
  /** Whether they have said since this request came that they go on as who they are. */
  readonly isChosen?: boolean | undefined
  /** Whether they still have to agree; not looked at while nobody is logged in. */
  readonly isConsentNeeded: boolean
  /** The request is for somebody else, by a hint that is sure. */
  readonly isAnotherPerson?: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What comes next: a page, the code, or the error of a request that forbids pages. */
export type AuthorizationStep =
  'login' | 'select_account' | 'consent' | 'issue' | 'login_required' | 'consent_required'

/**
 * Finds the next step.
 *
 * @example
 *
 * ```ts
 * nextStep({ prompt: ['none'] }, { isFresh: false, now: 0, isConsentNeeded: true }) // 'login_required'
 * ```
 */
export function nextStep(
  request: Pick<AuthorizationRequest, 'prompt' | 'maxAge'>,
  standing: Standing,
): AuthorizationStep {
  // Core §3.1.2.1: with `none` no page is ever shown.
  const isSilent = request.prompt.includes('none')
  if (!isLoggedIn(request, standing)) return isSilent ? 'login_required' : 'login'
  // Core §3.1.2.2: it is answered for the person it names, or not at all.
  if (standing.isAnotherPerson === true) return isSilent || standing.isFresh ? 'login_required' : 'login'
  if (isChoiceNeeded(request, standing)) return 'select_account'
  if (standing.isConsentNeeded) return isSilent ? 'consent_required' : 'consent'
  return 'issue'
}

function isLoggedIn(
  { prompt, maxAge }: Pick<AuthorizationRequest, 'prompt' | 'maxAge'>,
  { authTime, isFresh, now }: Standing,
): boolean {
  if (authTime === undefined) return false
  // Core §3.1.2.1: whoever is there already has to come in again.
  if (prompt.includes('login') && !isFresh) return false
  // An age of nothing is a login at this moment, however fast somebody asks.
  return maxAge === undefined || isFresh || (maxAge > 0 && now - authTime <= maxAge * 1000)
}

/** Core §3.1.2.1: they say who goes on. A login says so as well; and `none` stands alone, so it is never asked silently. */
function isChoiceNeeded(
  { prompt }: Pick<AuthorizationRequest, 'prompt'>,
  { isFresh, isChosen = false }: Standing,
): boolean {
  return prompt.includes('select_account') && !isFresh && !isChosen
}
