/** What a try with a name issues: every row is called after it, so that one can tell whose rows are there. */

import type { Issued, NewCode, NewGrant, Rotation } from '../../src/store/grant-store.ts'

const hour = 3_600_000

interface Where {
  readonly grantId: string
  readonly familyId?: string
  readonly now: number
}

/** A grant of the subject `alice` to the client `app`, and a code for it. */
export function startedBy(name: string, now: number): { readonly grant: NewGrant; readonly code: NewCode } {
  const grant = {
    id: `${name}-grant`,
    clientId: 'app',
    subject: 'alice',
    scopes: ['me'],
    resources: ['https://api.test/'],
  }
  const code = {
    hash: `${name}-code`,
    grantId: grant.id,
    clientId: 'app',
    subject: 'alice',
    redirectUri: 'https://web.test/cb',
    codeChallenge: 'challenge',
    scopes: ['me'],
    resources: ['https://api.test/'],
    authTime: now,
    createdAt: now,
    expiresAt: now + hour,
  }
  return { grant, code }
}

/** A family with its refresh token, a reference token, an event. */
export function issuedBy(name: string, { grantId, now }: Where): Issued {
  const family = {
    id: `${name}-family`,
    expiresAt: now + 24 * hour,
    scopes: ['me'],
    resources: ['https://api.test/'],
    refreshToken: { hash: `${name}-refresh`, expiresAt: now + hour },
  }
  return { family, ...following(name, { grantId, familyId: family.id, now }, 'redeemed') }
}

/** A successor, a sealed answer, a reference token, an event. */
export function rotationBy(name: string, where: Where): Rotation {
  return {
    successor: { hash: `${name}-refresh`, expiresAt: where.now + hour },
    sealedAnswer: `${name}-answer`,
    sealedUntil: where.now + 10_000,
    issued: following(name, where, 'rotated'),
  }
}

function following(name: string, { grantId, familyId, now }: Where, type: string): Issued {
  const token = {
    hash: `${name}-access`,
    id: `${name}-jti`,
    clientId: 'app',
    grantId,
    ...(familyId !== undefined && { familyId }),
    subject: 'alice',
    scopes: ['me'],
    audience: ['https://api.test/'],
    issuedAt: now,
    expiresAt: now + hour,
  }
  return {
    accessTokens: [token],
    audit: [{ at: now, type, grantId, clientId: 'app', requestId: name }],
  }
}
