/** What the cases of the suite start from: several open stores on the same data, a client, a subject. */

import assert from 'node:assert/strict'
import type {
  GrantStore,
  Issued,
  NewAccessToken,
  NewClient,
  NewCode,
  NewDeviceCode,
  NewFamily,
  NewGrant,
} from '../grant-store.ts'

/** Where the store under test is. */
export interface GrantStorePlace {
  /**
   * Opens the store: empty at first, and on the same data at every call. Where it can, each call opens connections of its
   * own, as another process would have.
   */
  readonly open: () => Promise<GrantStore>
  /** Makes a subject that is alive. */
  readonly addSubject: (id: string) => Promise<void>
  readonly disableSubject: (id: string, isDisabled: boolean) => Promise<void>
  readonly removeSubject: (id: string) => Promise<void>
}

/** One promise of the port, and how to see whether a store keeps it. */
export interface GrantConformanceCase {
  /** A sentence. */
  readonly name: string
  /** Resolves when the store keeps the promise, and throws an `AssertionError` when it does not. */
  readonly run: (place: GrantStorePlace) => Promise<void>
}

/** The moment of the suite, in milliseconds since 1970; the store has no other clock. */
export const start = 1_800_000_000_000
export const second = 1000
export const minute = 60_000
export const day = 86_400_000

/** Texts that no statement, no parser and no encoding may trip over. */
export const hostileTexts: readonly string[] = [
  `Robert'); drop table gatewright_grants;--`,
  `" or 1=1 --`,
  '%_\\',
  '$1 ? :name @name',
  'Ω≈ç√ 😀 \u{10FFFF}',
  '{"$gt":""}',
  '__proto__',
  'x'.repeat(5000),
]

/** What a case works with. */
export interface World {
  readonly place: GrantStorePlace
  readonly store: GrantStore
  /** Further stores on the same data. */
  readonly others: readonly GrantStore[]
  /** All of them, several times over: as many callers as one wants. */
  readonly callers: (count: number) => readonly GrantStore[]
}

/** A case that runs with open stores, the client `app` and the subject `alice`. */
export function withWorld(
  name: string,
  run: (world: World) => Promise<void>,
  connections = 1,
): GrantConformanceCase {
  return {
    name,
    async run(place) {
      const stores = await Promise.all(Array.from({ length: connections }, () => place.open()))
      try {
        const [store, ...others] = stores
        assert(store)
        assert.equal(await store.createClient(client('app')), true)
        await place.addSubject('alice')
        const callers = (count: number): readonly GrantStore[] =>
          Array.from({ length: count }, (_, index) => stores[index % stores.length] ?? store)
        await run({ place, store, others, callers })
      } finally {
        for (const each of stores) await each.close()
      }
    },
  }
}

let counter = 0

/** A text that no other call of this process gives. */
export function unique(prefix: string): string {
  counter += 1
  return `${prefix}-${counter}`
}

export function client(id: string, fields: Partial<NewClient> = {}): NewClient {
  return {
    id,
    source: 'admin',
    metadata: { client_name: 'App' },
    secrets: [],
    disabled: false,
    createdAt: start,
    ...fields,
  }
}

export function grant(fields: Partial<NewGrant> = {}): NewGrant {
  return {
    id: unique('grant'),
    clientId: 'app',
    subject: 'alice',
    scopes: ['me', 'items:write'],
    resources: ['https://api.test/'],
    ...fields,
  }
}

export function code(of: NewGrant, fields: Partial<NewCode> = {}): NewCode {
  return {
    hash: unique('code'),
    grantId: of.id,
    clientId: of.clientId,
    subject: of.subject,
    redirectUri: 'https://web.test/cb',
    codeChallenge: 'challenge',
    scopes: of.scopes,
    resources: of.resources,
    authTime: start - minute,
    createdAt: start,
    expiresAt: start + minute,
    ...fields,
  }
}

export function family(fields: Partial<NewFamily> = {}): NewFamily {
  return {
    id: unique('family'),
    expiresAt: start + 30 * day,
    scopes: ['me'],
    resources: ['https://api.test/'],
    refreshToken: { hash: unique('refresh'), expiresAt: start + 7 * day },
    ...fields,
  }
}

export function accessToken(fields: Partial<NewAccessToken> = {}): NewAccessToken {
  return {
    hash: unique('access'),
    id: unique('jti'),
    clientId: 'app',
    subject: 'alice',
    scopes: ['me'],
    audience: ['https://api.test/'],
    issuedAt: start,
    expiresAt: start + 5 * minute,
    ...fields,
  }
}

export function device(fields: Partial<NewDeviceCode> = {}): NewDeviceCode {
  return {
    hash: unique('device'),
    userCodeHash: unique('user-code'),
    clientId: 'app',
    scopes: ['me'],
    resources: [],
    interval: 5 * second,
    createdAt: start,
    expiresAt: start + 10 * minute,
    ...fields,
  }
}

/** What one redemption issues: a family, a reference token, an event. */
export function issuedFor(
  grantId: string,
  fields: Partial<NewFamily> = {},
  subject: string = 'alice',
): IssuedFamily {
  const made = family(fields)
  return {
    family: made,
    accessTokens: [accessToken({ grantId, familyId: made.id, subject })],
    audit: [{ at: start, type: 'code.redeemed', grantId, details: { family: made.id } }],
  }
}

/** {@link Issued} with everything in it. */
export interface IssuedFamily extends Issued {
  readonly family: NewFamily
  readonly accessTokens: readonly NewAccessToken[]
}

/** What a login leaves: a grant, its redeemed code, and what that made. */
export interface Login {
  readonly grant: NewGrant
  readonly code: NewCode
  readonly familyId: string
  readonly refresh: string
  readonly access: string
}

/** Logs in once: a code is made and redeemed. */
export async function login(
  store: GrantStore,
  of: NewGrant = grant(),
  fields: Partial<NewFamily> = {},
): Promise<Login> {
  const made = code(of)
  assert.equal(await store.saveCode(made, of), 'saved')
  const issued = issuedFor(of.id, fields, of.subject)
  assert.equal(await store.redeemCode(made.hash, start, issued), 'redeemed')
  const [access] = issued.accessTokens
  assert(access && issued.family.refreshToken)
  const refresh = issued.family.refreshToken.hash
  return { grant: of, code: made, familyId: issued.family.id, refresh, access: access.hash }
}

/** Rotates a refresh token into a new one, whose hash it answers. */
export async function rotated(store: GrantStore, hash: string, now: number = start): Promise<string> {
  const successor = { hash: unique('refresh'), expiresAt: now + 7 * day }
  assert.equal(await store.rotateRefresh(hash, now, { successor }), 'rotated')
  return successor.hash
}

/** How to revoke at a moment. */
export function revoking(now: number = start): { readonly now: number; readonly until: number } {
  return { now, until: now + day }
}

/** How often an answer was given. */
export function count<Answer>(answers: readonly Answer[], answer: Answer): number {
  return answers.filter((each) => each === answer).length
}
