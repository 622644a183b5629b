/** How surely somebody is known: authentication context classes (`acr`), as they follow from methods (`amr`, RFC 8176). */

/**
 * The classes there are, each stronger than the one before: one factor, two factors, and two factors that cannot be given
 * away to another site (`phr`, OpenID Connect Extended Authentication Profile ACR Values 1.0).
 */
export const contextClasses = ['urn:gatewright:acr:1fa', 'urn:gatewright:acr:2fa', 'phr'] as const

/** One of {@link contextClasses}. */
export type ContextClass = (typeof contextClasses)[number]

/** How somebody was known, as tokens tell it. */
export interface AuthenticationContext {
  readonly acr?: string
  /** RFC 8176. */
  readonly amr?: readonly string[]
}

/** What a request asks for. */
export interface ContextRequest {
  /** Any of these will do; values that nobody here knows ask for nothing (OpenID Connect Core §3.1.2.1). */
  readonly acrValues: readonly string[]
  readonly claims?: {
    readonly acr?: { readonly values: readonly string[]; readonly isEssential: boolean } | undefined
  }
}

/** What a person can show besides a password. */
export type SecondFactorKind = 'totp' | 'passkey'

/**
 * The class of a login.
 *
 * @example
 *
 * ```ts
 * acrOf(['pwd', 'otp']) // 'urn:gatewright:acr:2fa'
 * ```
 *
 * @param methods How the person proved who they are (RFC 8176 §2).
 */
export function acrOf(methods: readonly string[]): ContextClass {
  const hasKey = methods.some((method) => keys.has(method))
  const hasTwo = methods.includes('mfa') || (methods.includes('pwd') && (hasKey || methods.includes('otp')))
  if (!hasTwo) return 'urn:gatewright:acr:1fa'
  return hasKey ? 'phr' : 'urn:gatewright:acr:2fa'
}

/** The methods of one login that was done in two steps. RFC 8176 §2: with `mfa` stand the methods themselves. */
export function combinedMethods(first: readonly string[], second: readonly string[]): readonly string[] {
  const all = [...new Set([...first, ...second])]
  return acrOf(all) === contextClasses[0] || all.includes('mfa') ? all : [...all, 'mfa']
}

/**
 * What a request asks for at least. OpenID Connect Core §3.1.2.1 has the values in order of preference, so any of them will
 * do, and values that nobody here knows ask for nothing.
 */
export function requestedClass(acrValues: readonly string[]): ContextClass | undefined {
  return contextClasses.find((known) => acrValues.includes(known))
}

/**
 * All that a request asks for, to be reached together; `undefined` when nobody could: OpenID Connect Core §5.5.1.1 wants one of
 * the essential values in the token, or no token.
 */
export function requestedClasses({ acrValues, claims }: ContextRequest): readonly ContextClass[] | undefined {
  const { values = [], isEssential = false } = claims?.acr ?? {}
  const byClaim = requestedClass(values)
  if (isEssential && values.length > 0 && byClaim === undefined) return undefined
  return [requestedClass(acrValues), byClaim].filter((each) => each !== undefined)
}

/**
 * The class that the tokens name: the strongest of those asked for that the login reaches, in the words of whoever asked, and what
 * the login is where nothing was asked for. An essential one goes first.
 */
export function toldClass(methods: readonly string[], { acrValues, claims }: ContextRequest): ContextClass {
  const acr = acrOf(methods)
  const reached = contextClasses.filter((each) => reaches(acr, each)).toReversed()
  const { values = [], isEssential = false } = claims?.acr ?? {}
  const essential = isEssential ? reached.find((each) => values.includes(each)) : undefined
  return essential ?? reached.find((each) => acrValues.includes(each) || values.includes(each)) ?? acr
}

/** What somebody else has written down, a token or a row, as far as it is of the right kind. */
export function contextIn(kept: Readonly<Record<string, unknown>> | undefined): AuthenticationContext {
  const { acr, amr } = kept ?? {}
  return {
    ...(typeof acr === 'string' ? { acr } : {}),
    ...(Array.isArray(amr) ? { amr: amr.filter((method) => typeof method === 'string') } : {}),
  }
}

/** Whether a class is as strong as another. */
export function reaches(acr: ContextClass, wanted: ContextClass): boolean {
  return contextClasses.indexOf(acr) >= contextClasses.indexOf(wanted)
}

/** Whether a person with these second factors can get to a class. */
export function canReach(factors: readonly SecondFactorKind[], wanted: ContextClass): boolean {
  if (wanted === 'phr') return factors.includes('passkey')
  return wanted === contextClasses[0] || factors.length > 0
}

/** Possession of a key: hardware, software, or nobody knows. */
const keys: ReadonlySet<string> = new Set(['hwk', 'swk', 'pop'])
