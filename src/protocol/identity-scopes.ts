/** The scopes of OpenID Connect: what an application learns of a person, apart from what it may do for them. */

/** The standard ones that are offered (OpenID Connect Core §5.4, §11). */
export const identityScopes = ['openid', 'profile', 'email', 'offline_access'] as const

/** A standard scope of OpenID Connect. */
export type IdentityScope = (typeof identityScopes)[number]

/** What each says on the consent page, in English. */
export const identityTexts: Readonly<Record<IdentityScope, string>> = {
  openid: 'Know who you are here',
  profile: 'See your name and username',
  email: 'See your e-mail address',
  offline_access: 'Keep access while you are away',
}

/** The claims that each opens at the userinfo endpoint (OpenID Connect Core §5.4). */
export const identityClaims: Readonly<Record<IdentityScope, readonly string[]>> = {
  openid: ['sub'],
  profile: ['name', 'preferred_username'],
  email: ['email', 'email_verified'],
  offline_access: [],
}

/** A scope that opens claims, with its text. */
export interface ClaimScope {
  readonly text: string
  readonly claims: readonly string[]
}

/** The standard scopes together with a server's own ones. */
export function claimScopes(
  own: Readonly<Record<string, ClaimScope>> = {},
): Readonly<Record<string, ClaimScope>> {
  const standard = identityScopes.map((name) => [
    name,
    { text: identityTexts[name], claims: identityClaims[name] },
  ])
  return { ...(Object.fromEntries(standard) as Record<string, ClaimScope>), ...own }
}

/** The claims that these scopes open, each once. */
export function claimsOfScopes(
  scopes: readonly string[],
  known: Readonly<Record<string, ClaimScope>>,
): readonly string[] {
  return [
    ...new Set(scopes.flatMap((scope) => (Object.hasOwn(known, scope) ? known[scope]?.claims : []) ?? [])),
  ]
}

/** The scope that a person has to agree to before this claim is told; `undefined` for a claim that nobody knows. */
export function scopeOfClaim(claim: string, known: Readonly<Record<string, ClaimScope>>): string | undefined {
  return Object.keys(known).find((scope) => scope !== 'openid' && known[scope]?.claims.includes(claim))
}
