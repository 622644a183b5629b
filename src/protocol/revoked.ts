/** What revocations speak of, and which of a token's claims each kind is held against. */

import type { AccessToken } from './access-token.ts'

/** What a revocation speaks of. `token`: a `jti`. `client`, `subject`: what was issued up to a moment. */
export type RevocationKind = 'token' | 'family' | 'grant' | 'client' | 'subject'

/** All kinds. */
export const revocationKinds: readonly RevocationKind[] = ['token', 'family', 'grant', 'client', 'subject']

/** Something that was revoked. */
export interface Revoked {
  readonly kind: RevocationKind
  readonly name: string
  /** Of a client or a subject, what was issued up to this moment is meant; in seconds since 1970. */
  readonly before: number
  /** When nothing it speaks of can be alive any more, in seconds since 1970. */
  readonly until: number
}

/** By what names a token can be revoked; what is missing it has not. */
export type RevocableNames = Readonly<Partial<Record<RevocationKind, string>>>

/** The names in a token (`jti`, `family_id`, `grant_id`, `client_id`, `sub`). */
export function revocableNames(token: AccessToken): RevocableNames {
  const { family_id: family, grant_id: grant } = token.claims
  return {
    ...(token.id === undefined ? {} : { token: token.id }),
    ...(typeof family === 'string' ? { family } : {}),
    ...(typeof grant === 'string' ? { grant } : {}),
    ...(token.clientId === undefined ? {} : { client: token.clientId }),
    subject: token.subject,
  }
}
