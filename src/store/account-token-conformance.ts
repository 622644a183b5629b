/** The suite that every store of account tokens passes, races included. It needs no test runner. */

import assert from 'node:assert/strict'
import type { AccountTokenStore, NewAccountToken, SignedUpAccount } from './ports/account-tokens.ts'
import type { AccountStore } from './store.ts'
import type { GrantStore } from './grant-store.ts'
import { client, count, day, issuedFor, grant, minute, start, unique } from './grant-conformance/world.ts'

/** The three stores of one database. */
export interface AccountTokenStores {
  readonly accounts: AccountStore
  readonly tokens: AccountTokenStore
  readonly grants: GrantStore
  readonly close: () => Promise<void>
}

/** One promise of the port, and how to see whether a store keeps it. */
export interface AccountTokenConformanceCase {
  /** A sentence. */
  readonly name: string
  /**
   * @param open Opens the stores under test: empty at first, and on the same data at every call. Where it can, each call
   * opens connections of its own, as another process would have.
   */
  readonly run: (open: () => Promise<AccountTokenStores>) => Promise<void>
}

/** The promises of an {@link AccountTokenStore}. */
export const accountTokenConformance: readonly AccountTokenConformanceCase[] = [
  withStores('a token is found by its hash, for its purpose, until it expires', async ({ tokens }) => {
    const full = token({ data: { language: 'de', flow: 'x' } })
    assert.equal(await tokens.saveAccountToken(full), true)
    assert.deepEqual(await tokens.findAccountToken(full.hash, ['email', 'reset'], start), full)
    assert.equal(await tokens.findAccountToken(full.hash, ['email', 'sign_up'], start), undefined)
    assert.equal(await tokens.findAccountToken('other', ['reset'], start), undefined)
    assert.equal(await tokens.findAccountToken(full.hash, ['reset'], full.expiresAt), undefined)
    assert.equal(await tokens.resetPassword(full.hash, 'new', revoking(full.expiresAt)), 'spent')
  }),
  withStores('SECURITY 226: a newer token replaces the older one of its purpose and account', async (all) => {
    const { tokens, accounts } = all
    const [old, next, other] = [token(), token(), token({ purpose: 'email', email: 'new@example.com' })]
    for (const each of [old, other, next]) await tokens.saveAccountToken(each)
    assert.equal(await tokens.resetPassword(old.hash, 'new', revoking()), 'spent')
    assert.equal((await accounts.get('alice'))?.passwordHash, 'hash')
    assert.notEqual(await tokens.findAccountToken(other.hash, ['email'], start), undefined)
    assert.equal(await tokens.resetPassword(next.hash, 'new', revoking()), 'done')
  }),
  withStores(
    'of sign-ups the newer replaces the older of the same address, in any case',
    async ({ tokens }) => {
      const [old, next, other] = [
        signUpToken('bob@example.com'),
        signUpToken('Bob@example.com'),
        signUpToken('carol@example.com'),
      ]
      for (const each of [old, other, next]) await tokens.saveAccountToken(each)
      assert.equal(await tokens.signUp(old.hash, start, signedUp('old')), 'spent')
      assert.equal(await tokens.signUp(next.hash, start, signedUp('next')), 'done')
      assert.equal(await tokens.signUp(other.hash, start, signedUp('other')), 'done')
    },
  ),
  withStores('an account that is not there or disabled gets no token, and keeps none', async (all) => {
    const { tokens, accounts } = all
    assert.equal(await tokens.saveAccountToken(token({ subject: 'nobody' })), false)
    const kept = token()
    await tokens.saveAccountToken(kept)
    await accounts.update('alice', { disabled: true })
    assert.equal(await tokens.saveAccountToken(token()), false)
    assert.equal(await tokens.resetPassword(kept.hash, 'new', revoking()), 'spent')
    await accounts.update('alice', { disabled: false })
    assert.equal(await tokens.findAccountToken(kept.hash, ['reset'], start), undefined)
    assert.equal((await accounts.get('alice'))?.passwordHash, 'hash')
    const gone = token()
    await tokens.saveAccountToken(gone)
    await accounts.remove('alice')
    assert.equal(await tokens.resetPassword(gone.hash, 'new', revoking()), 'spent')
  }),
  withStores('a sign-up gives an account whose address is the one the token went to', async (all) => {
    const { tokens, accounts, grants } = all
    const made = signUpToken('bob@example.com')
    const account = signedUp('bob', { name: 'Bob', scopes: ['me', 'read'] })
    await tokens.saveAccountToken(made)
    const audit = [{ at: start, type: 'account.created', subject: account.id }]
    assert.equal(await tokens.signUp('other', start, account, audit), 'spent')
    assert.equal(await accounts.get(account.id), undefined)
    assert.equal(await tokens.signUp(made.hash, start, account, audit), 'done')
    assert.deepEqual(await accounts.get(account.id), {
      ...account,
      email: 'bob@example.com',
      emailVerified: true,
    })
    assert.equal(await tokens.signUp(made.hash, start, signedUp('again'), audit), 'spent')
    assert.equal((await grants.listAudit({ type: 'account.created', limit: 9 })).length, 1)
  }),
  withStores('a sign-up for a username or an address that is taken changes nothing', async (all) => {
    const { tokens, accounts } = all
    const made = signUpToken('bob@example.com')
    await tokens.saveAccountToken(made)
    assert.equal(await tokens.signUp(made.hash, start, signedUp('x', { usernameKey: 'alice' })), 'taken')
    await accounts.update('alice', { email: 'bob@example.com', emailVerified: true })
    assert.equal(await tokens.signUp(made.hash, start, signedUp('bob')), 'taken')
    assert.equal((await accounts.list({ limit: 9 })).length, 1)
    assert.notEqual(await tokens.findAccountToken(made.hash, ['sign_up'], start), undefined)
  }),
  withStores(
    'SECURITY 226 and 228: a reset ends sessions, grants, tokens and all other links',
    async (all) => {
      const { tokens, accounts, grants } = all
      await grants.createClient(client('app'))
      const of = grant()
      const issued = issuedFor(of.id)
      assert.equal(await grants.issue({ clientId: 'app', now: start, grant: of, ...issued }), 'issued')
      const hash = unique('session')
      const session = {
        hash,
        id: unique('sid'),
        subject: 'alice',
        createdAt: start,
        authTime: start,
        methods: [],
      }
      await grants.startSession({ ...session, idleUntil: start + day, expiresAt: start + day })
      const [reset, email] = [token(), token({ purpose: 'email', email: 'new@example.com' })]
      for (const each of [reset, email]) await tokens.saveAccountToken(each)
      const audit = [{ at: start, type: 'account.password_changed', subject: 'alice' }]
      assert.equal(await tokens.resetPassword(reset.hash, 'new', { ...revoking(), audit }), 'done')
      assert.equal((await accounts.get('alice'))?.passwordHash, 'new')
      assert.equal(await grants.findSession(hash, start), undefined)
      assert.notEqual((await grants.getGrant(of.id))?.revokedAt, undefined)
      assert.equal(await grants.isRevoked({ id: 'x', subject: 'alice', issuedAt: start }), true)
      assert.equal(await tokens.changeEmail(email.hash, start), 'spent')
      assert.equal((await grants.listAudit({ type: 'account.password_changed', limit: 9 })).length, 1)
      assert.equal(await tokens.resetPassword(reset.hash, 'again', revoking()), 'spent')
      assert.equal((await accounts.get('alice'))?.passwordHash, 'new')
    },
  ),
  withStores('SECURITY 226: links are worth nothing once the password or address is another', async (all) => {
    const { tokens, accounts, grants } = all
    for (const change of [
      () => accounts.update('alice', { passwordHash: 'other' }),
      () => accounts.update('alice', { email: 'elsewhere@example.com' }),
      () => grants.revokeSubject('alice', revoking()),
    ]) {
      await accounts.update('alice', { passwordHash: 'hash', email: 'alice@example.com' })
      const [reset, email] = [token(), token({ purpose: 'email', email: 'new@example.com' })]
      for (const each of [reset, email]) await tokens.saveAccountToken(each)
      await change()
      const before = await accounts.get('alice')
      assert.equal(await tokens.resetPassword(reset.hash, 'new', revoking()), 'spent')
      assert.equal(await tokens.changeEmail(email.hash, start), 'spent')
      assert.deepEqual(await accounts.get('alice'), before)
    }
    // Kept for an address that the account does not have any more.
    const late = token({ email: 'alice@example.com' })
    await accounts.update('alice', { email: 'elsewhere@example.com' })
    await tokens.saveAccountToken(late)
    assert.equal(await tokens.resetPassword(late.hash, 'new', revoking()), 'spent')
  }),
  withStores('SECURITY 230: an address and its token are one pair', async ({ tokens, accounts }) => {
    const [one, two] = [
      token({ purpose: 'email', email: 'one@example.com' }),
      token({ purpose: 'email', email: 'Two@example.com' }),
    ]
    const reset = token()
    for (const each of [one, two, reset]) await tokens.saveAccountToken(each)
    assert.equal(await tokens.changeEmail(one.hash, start), 'spent')
    assert.equal((await accounts.get('alice'))?.email, 'alice@example.com')
    assert.equal(await tokens.changeEmail(two.hash, start), 'done')
    const { email, emailVerified, username } = (await accounts.get('alice')) ?? {}
    assert.deepEqual([email, emailVerified, username], ['Two@example.com', true, 'alice'])
    // It went to the old address.
    assert.equal(await tokens.resetPassword(reset.hash, 'new', revoking()), 'spent')
  }),
  withStores('a username that is the address follows it, unless somebody has it', async (all) => {
    const { tokens, accounts } = all
    const email = 'bob@example.com'
    await accounts.create({ ...subject('bob', email), username: 'Bob@example.com', usernameKey: email })
    const first = token({ purpose: 'email', subject: 'bob', email: 'Robert@example.com' })
    await tokens.saveAccountToken(first)
    assert.equal(await tokens.changeEmail(first.hash, start), 'done')
    assert.equal((await accounts.find('robert@example.com'))?.username, 'Robert@example.com')
    await accounts.create({ ...subject('eve'), username: 'x@example.com', usernameKey: 'x@example.com' })
    const second = token({ purpose: 'email', subject: 'bob', email: 'x@example.com' })
    await tokens.saveAccountToken(second)
    assert.equal(await tokens.changeEmail(second.hash, start), 'taken')
    assert.equal((await accounts.get('bob'))?.email, 'Robert@example.com')
    await accounts.create({ ...subject('mallory', 'm@example.com'), emailVerified: true })
    const third = token({ purpose: 'email', subject: 'bob', email: 'M@example.com' })
    await tokens.saveAccountToken(third)
    assert.equal(await tokens.changeEmail(third.hash, start), 'taken')
    assert.equal((await accounts.get('bob'))?.email, 'Robert@example.com')
  }),
  withStores(
    'SECURITY 226: of twenty uses of one token at once, one succeeds, and its password stays',
    async ({ tokens, accounts, callers }) => {
      for (let round = 0; round < 3; round += 1) {
        const one = token()
        await tokens.saveAccountToken(one)
        const uses = callers(20).map((each, index) =>
          each.resetPassword(one.hash, `${round}-${index}`, revoking()),
        )
        const answers = await Promise.all(uses)
        assert.equal(count(answers, 'done'), 1)
        assert.equal((await accounts.get('alice'))?.passwordHash, `${round}-${answers.indexOf('done')}`)
      }
    },
    4,
  ),
  withStores(
    'of many sign-ups with one token at once, one makes an account',
    async ({ tokens, accounts, callers }) => {
      const one = signUpToken('bob@example.com')
      await tokens.saveAccountToken(one)
      const uses = callers(12).map((each) => each.signUp(one.hash, start, signedUp(unique('bob'))))
      assert.equal(count(await Promise.all(uses), 'done'), 1)
      assert.equal((await accounts.findByEmail('bob@example.com')).length, 1)
      assert.equal((await accounts.list({ limit: 99 })).length, 2)
    },
    4,
  ),
  withStores(
    'SECURITY 230: of many links to one address at once, one account gets it',
    async ({ tokens, accounts, callers }) => {
      const links = ['b', 'c', 'd', 'e'].map((id) =>
        token({ purpose: 'email', subject: id, email: 'wanted@example.com' }),
      )
      for (const { subject: id = '' } of links) await accounts.create(subject(id))
      for (const each of links) await tokens.saveAccountToken(each)
      const answers = await Promise.all(
        callers(4).map((each, index) => each.changeEmail(links[index]?.hash ?? '', start)),
      )
      assert.deepEqual([count(answers, 'done'), count(answers, 'taken')], [1, 3])
      assert.equal((await accounts.findByEmail('wanted@example.com')).length, 1)
    },
    4,
  ),
  withStores('tokens that have expired are purged', async ({ tokens, grants }) => {
    const [old, fresh] = [token(), signUpToken('bob@example.com', { expiresAt: start + day })]
    for (const each of [old, fresh]) await tokens.saveAccountToken(each)
    assert.equal(await grants.purge(old.expiresAt), 1)
    assert.equal(await tokens.findAccountToken(old.hash, ['reset'], start), undefined)
    assert.notEqual(await tokens.findAccountToken(fresh.hash, ['sign_up'], start), undefined)
  }),
]

interface World extends AccountTokenStores {
  /** The open stores, several times over: as many callers as one wants. */
  readonly callers: (count: number) => readonly AccountTokenStore[]
}

/** A case that runs with open stores and the account `alice`. */
function withStores(
  name: string,
  work: (world: World) => Promise<void>,
  connections = 1,
): AccountTokenConformanceCase {
  return {
    name,
    async run(open) {
      const stores = await Promise.all(Array.from({ length: connections }, () => open()))
      try {
        const [first] = stores
        assert(first)
        assert.equal(await first.accounts.create(subject('alice', 'alice@example.com')), true)
        const callers = (wanted: number): readonly AccountTokenStore[] =>
          Array.from({ length: wanted }, (_, index) => (stores[index % stores.length] ?? first).tokens)
        await work({ ...first, callers })
      } finally {
        for (const { close } of stores) await close()
      }
    },
  }
}

function subject(id: string, email?: string): Parameters<AccountStore['create']>[0] {
  return { ...signedUp(id), id, emailVerified: false, ...(email === undefined ? {} : { email }) }
}

function signedUp(name: string, fields: Partial<SignedUpAccount> = {}): SignedUpAccount {
  return {
    id: `id-${name}`,
    username: name,
    usernameKey: name,
    scopes: [],
    disabled: false,
    passwordHash: 'hash',
    createdAt: new Date(start),
    ...fields,
  }
}

function token(fields: Partial<NewAccountToken> = {}): NewAccountToken {
  return {
    hash: unique('token'),
    purpose: 'reset',
    subject: 'alice',
    email: 'alice@example.com',
    data: {},
    createdAt: start,
    expiresAt: start + 60 * minute,
    ...fields,
  }
}

function signUpToken(email: string, fields: Partial<NewAccountToken> = {}): NewAccountToken {
  const { subject: _, ...rest } = token({ purpose: 'sign_up', email, ...fields })
  return rest
}

function revoking(now: number = start): { readonly now: number; readonly until: number } {
  return { now, until: now + day }
}
