/** How surely somebody is known: authentication context classes (`acr`), as they follow from methods (`amr`, RFC 8176). */

/**
 * The classes there are, each stronger than the one before: one factor, two factors, and two factors that cannot be given
 * away to another site (`phr`, OpenID Connect Extended Authentication Profile ACR Values 1.0).
 */
export const contextClasses = ['urn:gatewright:acr:1fa', 'urn:gatewright:acr:2fa', 'phr'] as const

/** One of {@link contextClasses}. */
export type ContextClass = (typeof contextClasses)[number]

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
