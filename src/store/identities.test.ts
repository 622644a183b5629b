/** The SQL store of identities keeps what its port promises of many who come at once, on both databases. */

import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../../test/setup/database.ts'
import { openDatabase } from './open.ts'
import { identityLimit, noPassword } from './ports/identities.ts'
import { sqlAccountStore } from './sql/accounts.ts'
import { sqlGrantStore } from './sql/grant-store.ts'
import { sqlIdentityStore } from './sql/identities.ts'

const ways = { providers: ['work'], passkeys: true }

function accountOf(id: string) {
  return {
    id,
    username: id,
    usernameKey: id,
    emailVerified: false,
    scopes: [],
    disabled: false,
    passwordHash: noPassword,
    createdAt: new Date(1),
  }
}

function identityOf(id: string, subject: string) {
  return { id, subject, provider: 'work', issuer: 'i', providerSubject: id, profile: {}, createdAt: 1 }
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 245: of two identities that are taken away in the same moment one stays, in every of forty rounds', async () => {
    await using database = await openDatabase({ url: await freshDatabase(dialect), connections: 4 })
    const store = await sqlIdentityStore(database, 1)
    for (let round = 0; round < 40; round += 1) {
      const subject = `a${round}`
      const [one, two] = [`${subject}-1`, `${subject}-2`]
      expect(await store.createWithIdentity(accountOf(subject), identityOf(one, subject))).toBe('created')
      expect(await store.linkIdentity(identityOf(two, subject))).toBe('linked')
      const outcomes = await Promise.all([one, two].map((id) => store.unlinkIdentity(id, subject, { ways })))
      expect(outcomes.toSorted()).toEqual(['last', 'unlinked'])
      expect(await store.listIdentities(subject)).toHaveLength(1)
    }
  })

  test('SECURITY 245: of an identity and a passkey that are taken away in the same moment one stays, in every of forty rounds', async () => {
    await using database = await openDatabase({ url: await freshDatabase(dialect), connections: 4 })
    const store = await sqlIdentityStore(database, 1)
    const factors = await sqlGrantStore(database, 1)
    for (let round = 0; round < 40; round += 1) {
      const subject = `a${round}`
      const passkey = {
        id: `${subject}-k`,
        subject,
        kind: 'passkey',
        name: '',
        data: '',
        counter: 0,
      } as const
      await store.createWithIdentity(accountOf(subject), identityOf(`${subject}-1`, subject))
      await factors.addAuthenticator({ ...passkey, lookup: subject, createdAt: 1 })
      const outcomes = await Promise.all([
        store.unlinkIdentity(`${subject}-1`, subject, { ways }),
        factors.removeAuthenticator(passkey.id, subject, { ways }),
      ])
      expect(outcomes.filter((outcome) => outcome === 'last')).toHaveLength(1)
      const left = [...(await store.listIdentities(subject)), ...(await factors.listAuthenticators(subject))]
      expect(left).toHaveLength(1)
    }
  })

  test('SECURITY 268: of many who link one identity at once one gets it, and of one account no more than it may have', async () => {
    await using database = await openDatabase({ url: await freshDatabase(dialect), connections: 4 })
    const store = await sqlIdentityStore(database, 1)
    const accounts = await sqlAccountStore(database, 1)
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await accounts.create(accountOf(name))
    const same = (subject: string, index: number) => ({ ...identityOf('x', subject), id: `x${index}` })
    const taken = await Promise.all(names.map((name, index) => store.linkIdentity(same(name, index))))
    expect(taken.toSorted()).toEqual(['linked', 'taken', 'taken', 'taken'])
    const many = Array.from({ length: identityLimit + 5 }, (_, index) => identityOf(`m${index}`, 'a'))
    const before = (await store.listIdentities('a')).length
    const outcomes = await Promise.all(many.map((identity) => store.linkIdentity(identity)))
    expect(outcomes.filter((outcome) => outcome === 'linked')).toHaveLength(identityLimit - before)
    expect(await store.listIdentities('a')).toHaveLength(identityLimit)
  })

  test('nothing is linked to an account that is not alive, or has not the address; nobody unlinks for another', async () => {
    await using database = await openDatabase({ url: await freshDatabase(dialect), connections: 2 })
    const store = await sqlIdentityStore(database, 1)
    const accounts = await sqlAccountStore(database, 1)
    await accounts.create({ ...accountOf('a'), email: 'a@example.com', emailVerified: true })
    await accounts.create({ ...accountOf('b'), email: 'b@example.com', disabled: true })
    const link = (id: string, subject: string, verifiedEmail?: string) =>
      store.linkIdentity(
        identityOf(id, subject),
        verifiedEmail === undefined ? {} : { condition: { verifiedEmail } },
      )
    expect(await link('1', 'nobody')).toBe('gone')
    expect(await link('2', 'b')).toBe('gone')
    expect(await link('3', 'a', 'other@example.com')).toBe('gone')
    expect(await link('4', 'a', 'A@example.com')).toBe('linked')
    expect(await link('5', 'a')).toBe('linked')
    await accounts.update('a', { emailVerified: false })
    expect(await link('6', 'a', 'a@example.com')).toBe('gone')
    await accounts.create(accountOf('c'))
    expect(await store.unlinkIdentity('4', 'c', { ways })).toBe('gone')
    expect((await store.listIdentities('a')).map(({ id }) => id)).toEqual(['4', '5'])
    expect([await store.hasPassword('a'), await store.hasPassword('nobody')]).toEqual([false, false])
    await accounts.update('a', { passwordHash: '$argon2id$' })
    expect(await store.hasPassword('a')).toBe(true)
  })

  test('tokens are exchanged for others only where they are the ones that are there', async () => {
    await using database = await openDatabase({ url: await freshDatabase(dialect), connections: 4 })
    const store = await sqlIdentityStore(database, 1)
    await store.createWithIdentity(accountOf('a'), { ...identityOf('1', 'a'), tokens: 'first' })
    const outcomes = await Promise.all(
      ['x', 'y', 'z'].map((next) => store.replaceIdentityTokens('1', 'first', next)),
    )
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    await store.useIdentity('1', { now: 5, profile: { label: 'al' } })
    expect(await store.findIdentity({ provider: 'work', issuer: 'i', providerSubject: '1' })).toMatchObject({
      lastUsedAt: 5,
      profile: { label: 'al' },
      tokens: expect.stringMatching(/^[xyz]$/),
    })
  })
})
