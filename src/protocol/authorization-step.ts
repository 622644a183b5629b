/** What a person has to do before an authorization request is answered (OpenID Connect Core §3.1.2.3, §3.1.2.4). */

import { acrOf, canReach, reaches, requestedClasses } from './authentication-context.ts'
import type { ContextClass, ContextRequest, SecondFactorKind } from './authentication-context.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** What is known of the person at the moment of asking. */
export interface Standing {
  /** When they last logged in, in milliseconds since 1970; missing when nobody is logged in. */
  readonly authTime?: number | undefined
  /** Whether they did so since this request came. */
  readonly isFresh: boolean
  /** How they did (RFC 8176). */
  readonly methods?: readonly string[] | undefined
  /** What they could show besides. */
  readonly factors?: readonly SecondFactorKind[] | undefined
  /** Whether nothing is issued to anybody with one factor. */
  readonly isSecondFactorRequired?: boolean | undefined
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
  | 'login'
  | 'select_account'
  | 'second_factor'
  | 'set_up_factor'
  | 'consent'
  | 'issue'
  | 'login_required'
  | 'interaction_required'
  | 'consent_required'
  | 'unmet_authentication_requirements'

/**
 * Finds the next step.
 *
 * @example
 *
 * ```ts
 * nextStep({ prompt: ['none'], acrValues: [] }, { isFresh: false, now: 0, isConsentNeeded: true }) // 'login_required'
 * ```
 */
export function nextStep(
  request: Pick<AuthorizationRequest, 'prompt' | 'maxAge' | 'acrValues' | 'claims'>,
  standing: Standing,
): AuthorizationStep {
  // Core §3.1.2.1: with `none` no page is ever shown.
  const isSilent = request.prompt.includes('none')
  if (!isLoggedIn(request, standing)) return isSilent ? 'login_required' : 'login'
  // Core §3.1.2.2: it is answered for the person it names, or not at all.
  if (standing.isAnotherPerson === true) return isSilent || standing.isFresh ? 'login_required' : 'login'
  if (isChoiceNeeded(request, standing)) return 'select_account'
  const factor = factorStep(request, standing)
  if (factor !== undefined) return isSilent ? silently[factor] : factor
  if (standing.isConsentNeeded) return isSilent ? 'consent_required' : 'consent'
  return 'issue'
}

/** Core §3.1.2.6: which error says that a page would have been needed. */
const silently = {
  second_factor: 'login_required',
  set_up_factor: 'interaction_required',
  unmet_authentication_requirements: 'unmet_authentication_requirements',
} as const

/** What is missing of the class that the request asks for, that the server asks for, or that the person has chosen. */
function factorStep(
  request: ContextRequest,
  { methods = [], factors = [], isSecondFactorRequired = false }: Standing,
): keyof typeof silently | undefined {
  const acr = acrOf(methods)
  const requested = requestedClasses(request)
  if (requested === undefined) return 'unmet_authentication_requirements'
  // Whoever has a second factor is never let in with one, whichever way the session came to be.
  const isTwoNeeded = isSecondFactorRequired || factors.length > 0
  const wanted = isTwoNeeded ? [...requested, twoFactors] : requested
  if (wanted.every((each) => reaches(acr, each))) return undefined
  if (isSecondFactorRequired && factors.length === 0) return 'set_up_factor'
  return wanted.every((each) => canReach(factors, each))
    ? 'second_factor'
    : 'unmet_authentication_requirements'
}

const twoFactors: ContextClass = 'urn:gatewright:acr:2fa'

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
