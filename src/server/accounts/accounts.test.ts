/** Accounts through their public functions, on both databases. */

import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../../../test/setup/database.ts'
import type { Dialect } from '../../../test/setup/database.ts'
import { passwordHasher } from '../../crypto/password-hash.ts'
import { HttpError } from '../../http/http-error.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { openDatabase } from '../../store/open.ts'
import type { Database } from '../../store/database.ts'
import { AccountError } from './error.ts'
import { accounts } from './accounts.ts'
import type { DatabaseAccounts } from './accounts.ts'
import type { Accounts, NewAccount } from './types.ts'

const password = 'correct horse battery staple'
const alice: NewAccount = { username: 'alice', password, scopes: ['me', 'items:read'] }

interface Fixture extends AsyncDisposable {
  readonly users: Accounts
  readonly database: Database
  readonly hashOf: (username: string) => Promise<string>
}

/** Accounts on a database of their own, which can be looked into. */
async function fixture(dialect: Dialect, options: Partial<DatabaseAccounts> = {}): Promise<Fixture> {
  const database = await openDatabase(await freshDatabase(dialect))
  const users = await accounts({ ...options, database })
  const hashOf = async (username: string): Promise<string> => {
    const query = sql<{ password_hash: string }>`select password_hash from gatewright_accounts
      where username_key = ${username}`
    return (await query.execute(database.kysely)).rows[0]?.password_hash ?? ''
  }
  return { users, database, hashOf, [Symbol.asyncDispose]: () => database.close() }
}

describe.each(dialects)('%s', (dialect) => {
  test('an account is created, found, listed and logged in to', async () => {
    await using all = await fixture(dialect)
    const created = await all.users.create({
      ...alice,
      username: ' Alice ',
      name: ' Alice L. ',
      email: 'Alice@Example.COM',
    })
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      username: 'Alice',
      name: 'Alice L.',
      email: 'Alice@example.com',
      emailVerified: false,
      scopes: ['me', 'items:read'],
      disabled: false,
      createdAt: expect.any(Date),
    })
    expect(await all.users.get(created.id)).toEqual(created)
    expect(await all.users.find('ALICE')).toEqual(created)
    expect(await all.users.list()).toEqual([created])
    const login = await all.users.authenticate({ username: 'alice', password })
    expect(login).toEqual({ subject: created.id, scopes: ['me', 'items:read'], account: created })
  })

  test('accounts are still there when the process starts again', async () => {
    const database = await freshDatabase(dialect)
    const first = await accounts({ database })
    const { id } = await first.create(alice)
    await first.close()
    await using second = await accounts({ database })
    expect((await second.authenticate({ username: 'alice', password })).subject).toBe(id)
  })

  test('SECURITY 284: case, width and spaces around make no other account', async () => {
    await using all = await fixture(dialect)
    const { id } = await all.users.create(alice)
    for (const username of ['Alice', 'ALICE', ' alice\u00a0 ', 'ａｌｉｃｅ', 'ＡＬＩＣＥ']) {
      expect(await refused(all.users.create({ ...alice, username }))).toMatchObject({
        code: 'username_taken',
        status: 409,
      })
      expect((await all.users.authenticate({ username, password })).subject).toBe(id)
    }
    expect(await all.users.list()).toHaveLength(1)
  })

  test('SECURITY 268: of many simultaneous creations of one username, one succeeds and the others are told', async () => {
    await using all = await fixture(dialect)
    const names = ['alice', 'Alice', 'ALICE', 'aLICE', 'alice ']
    const results = await Promise.allSettled(
      names.map((username) => all.users.create({ ...alice, username })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'username_taken' })
    }
    expect(await all.users.list()).toHaveLength(1)
  })

  test('an unknown user, a wrong password and a disabled account are told apart by nobody', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    await all.users.create({ ...alice, username: 'disabled', disabled: true })
    const answers = []
    for (const credentials of [
      { username: 'nobody', password },
      { username: 'alice', password: 'wrong horse battery staple' },
      { username: 'disabled', password },
      { username: 'disabled', password: 'wrong horse battery staple' },
      { username: 'alice\0', password },
      { username: 'x'.repeat(5000), password },
      { username: '', password: '' },
      { username: 'alice', password: undefined as unknown as string },
      { username: ['alice'] as unknown as string, password },
      { username: 'alice', password: 'x'.repeat(1_000_000) },
      // No scope is looked at before the password.
      { username: 'alice', password: 'wrong horse battery staple', scopes: ['nothing'] },
    ]) {
      const error = await refused(all.users.authenticate(credentials))
      answers.push({ ...error, text: JSON.stringify(error), stack: undefined, cause: undefined })
    }
    expect(answers[0]).toMatchObject({ name: 'OAuthError', code: 'invalid_grant', status: 400 })
    for (const answer of answers) expect(answer).toEqual(answers[0])
    // The good password still works.
    expect((await all.users.authenticate({ username: 'alice', password })).account.username).toBe('alice')
  })

  test('what is granted is what was asked for and the account has', async () => {
    await using all = await fixture(dialect, { scopes: ['me', 'items:read', 'items:write'] })
    await all.users.create(alice)
    const granted = async (scopes?: readonly string[]) =>
      (await all.users.authenticate({ username: 'alice', password, ...(scopes && { scopes }) })).scopes
    expect(await granted()).toEqual(['me', 'items:read'])
    expect(await granted([])).toEqual(['me', 'items:read'])
    expect(await granted(['items:read'])).toEqual(['items:read'])
    expect(await granted(['items:write', 'me', 'me'])).toEqual(['me'])
    expect(await refused(granted(['items:write']))).toMatchObject({
      name: 'OAuthError',
      code: 'invalid_scope',
    })
    expect(await refused(granted(['me', 'unheard-of']))).toMatchObject({
      name: 'OAuthError',
      code: 'invalid_scope',
    })
  })

  test('a scope that is no longer declared is granted to nobody', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    const later = await accounts({ database: all.database, scopes: { me: 'See your profile' } })
    expect((await later.authenticate({ username: 'alice', password })).scopes).toEqual(['me'])
    expect(
      await refused(later.authenticate({ username: 'alice', password, scopes: ['items:read'] })),
    ).toMatchObject({
      code: 'invalid_scope',
    })
  })

  test('SECURITY 214: 15 characters are enough, 14 are not, 15 emoji are 15', async () => {
    await using all = await fixture(dialect)
    expect(await refused(all.users.create({ username: 'a', password: 'x'.repeat(14) }))).toMatchObject({
      code: 'password_too_short',
      status: 422,
      detail: 'A password has at least 15 characters',
    })
    expect(await refused(all.users.create({ username: 'a', password: '😀'.repeat(14) }))).toMatchObject({
      code: 'password_too_short',
    })
    expect(await all.users.list()).toEqual([])
    await all.users.create({ username: 'a', password: 'x'.repeat(15) })
    await all.users.create({ username: 'b', password: '😀'.repeat(15) })
    await all.users.authenticate({ username: 'b', password: '😀'.repeat(15) })
  })

  test('SECURITY 214: where there is a second factor 8 characters may do, and nothing makes 7 do', async () => {
    const database = await openDatabase(await freshDatabase(dialect))
    await using users = await accounts({ database, passwords: { minimumLength: 8 } })
    await users.create({ username: 'a', password: '8 bytes.' })
    expect(await refused(users.create({ username: 'b', password: '7 bytes' }))).toMatchObject({
      code: 'password_too_short',
    })
    await expect(accounts({ database, passwords: { minimumLength: 7 } })).rejects.toThrow(
      'passwords.minimumLength must be a whole number from 8 to 64, not 7',
    )
    await database.close()
  })

  test('SECURITY 215, 216, 217: long ones, spaces, NUL and every script work; what is too long is told', async () => {
    await using all = await fixture(dialect)
    const good = [
      'x'.repeat(64),
      'y'.repeat(256),
      ' '.repeat(15),
      'before\0 the NUL and after',
      'пароль из слов ✓',
    ]
    for (const [index, typed] of good.entries()) {
      await all.users.create({ username: `user ${index}`, password: typed })
      expect((await all.users.authenticate({ username: `user ${index}`, password: typed })).subject).not.toBe(
        '',
      )
      expect(
        await refused(all.users.authenticate({ username: `user ${index}`, password: typed.slice(0, -1) })),
      ).toMatchObject({ code: 'invalid_grant' })
    }
    expect(await refused(all.users.create({ username: 'z', password: 'x'.repeat(1025) }))).toMatchObject({
      code: 'password_too_long',
      detail: 'A password has at most 1024 bytes',
    })
    expect(
      await refused(all.users.create({ username: 'z', password: `${'x'.repeat(20)}\ud800` })),
    ).toMatchObject({
      code: 'invalid_password',
    })
    expect(await all.users.find('z')).toBeUndefined()
  })

  test('SECURITY 218: passwords can be refused by a list, on creation and on change', async () => {
    const seen: unknown[] = []
    const isAllowed = (typed: string, owner: { readonly username: string }) => {
      seen.push(owner)
      return !typed.includes(owner.username)
    }
    await using all = await fixture(dialect, { passwords: { isAllowed } })
    expect(
      await refused(all.users.create({ username: 'alice', password: 'alice alice alice' })),
    ).toMatchObject({
      code: 'password_not_allowed',
      status: 422,
    })
    const { id } = await all.users.create({ ...alice, email: 'a@example.com' })
    expect(await refused(all.users.setPassword(id, 'alice alice alice'))).toMatchObject({
      code: 'password_not_allowed',
    })
    await all.users.authenticate({ username: 'alice', password })
    for (const owner of seen) expect(Object.keys(owner as object)).not.toContain('passwordHash')
  })

  test('SECURITY 222: two equal passwords are two different rows', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    await all.users.create({ ...alice, username: 'bob' })
    expect(await all.hashOf('alice')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await all.hashOf('alice')).not.toBe(await all.hashOf('bob'))
  })

  test('SECURITY 223: parameters that rose are applied at the next login, and only at a good one', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    await all.users.create({ ...alice, username: 'gone', disabled: true })
    const before = await all.hashOf('alice')
    const raised = await accounts({ database: all.database, hashing: { passes: 3 } })
    await refused(raised.authenticate({ username: 'alice', password: 'wrong horse battery staple' }))
    expect(await all.hashOf('alice')).toBe(before)
    await raised.authenticate({ username: 'alice', password })
    const after = await all.hashOf('alice')
    expect(after).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/)
    await raised.authenticate({ username: 'alice', password })
    expect(await all.hashOf('alice')).toBe(after)
    const disabled = await all.hashOf('gone')
    await refused(raised.authenticate({ username: 'gone', password }))
    expect(await all.hashOf('gone')).toBe(disabled)
  })

  test('SECURITY 223, R30: simultaneous logins upgrade a hash once, and none of them fails', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    const raised = await accounts({ database: all.database, hashing: { passes: 3, concurrency: 2 } })
    const logins = await Promise.all(
      [1, 2, 3, 4, 5].map(() => raised.authenticate({ username: 'alice', password })),
    )
    expect(logins).toHaveLength(5)
    expect(await all.hashOf('alice')).toContain('t=3')
    await raised.authenticate({ username: 'alice', password })
  })

  test('a hash of passlib, pwdlib or Django can be brought along, logs in, and becomes one of ours', async () => {
    await using all = await fixture(dialect)
    const vectors = importedVectors()
    for (const [index, vector] of vectors.entries()) {
      const username = `imported ${index}`
      await all.users.create({ username, passwordHash: vector.hash, scopes: ['me'] })
      await refused(all.users.authenticate({ username, password: 'wrong horse battery staple' }))
      expect(await all.hashOf(username)).toBe(vector.hash)
      expect((await all.users.authenticate({ username, password: vector.password })).scopes).toEqual(['me'])
      expect(await all.hashOf(username)).toMatch(/^\$argon2id\$/)
      await all.users.authenticate({ username, password: vector.password })
    }
    for (const passwordHash of ['plain text', '', 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99']) {
      expect(await refused(all.users.create({ username: 'other', passwordHash }))).toMatchObject({
        code: 'unsupported_password_hash',
      })
    }
    expect(await all.users.find('other')).toBeUndefined()
  })

  test('SECURITY R23: a hash or a row that somebody damaged locks its account, and nothing else', async () => {
    await using all = await fixture(dialect)
    await all.users.create(alice)
    await all.users.create({ ...alice, username: 'bob' })
    const good = await all.hashOf('alice')
    for (const damaged of [
      '',
      'nonsense',
      `${good}x`,
      '$argon2id$v=19$m=4194304,t=99,p=1$c2FsdHNhbHQ$AAAA',
      password,
    ]) {
      await sql`update gatewright_accounts set password_hash = ${damaged} where username_key = 'alice'`.execute(
        all.database.kysely,
      )
      for (const typed of [password, damaged, '']) {
        const error = await refused(all.users.authenticate({ username: 'alice', password: typed }))
        expect(error).toMatchObject({ code: 'invalid_grant' })
      }
    }
    await sql`update gatewright_accounts set disabled = 7 where username_key = 'bob'`.execute(
      all.database.kysely,
    )
    expect(await refused(all.users.authenticate({ username: 'bob', password }))).toMatchObject({
      code: 'invalid_grant',
    })
    expect((await all.users.find('bob'))?.disabled).toBe(true)
  })

  test('SECURITY 224: with another pepper nobody logs in and nothing breaks', async () => {
    await using all = await fixture(dialect, { hashing: { pepper: 'a pepper of enough bytes' } })
    await all.users.create(alice)
    const other = await accounts({ database: all.database, hashing: { pepper: 'another pepper of enough' } })
    const none = await accounts({ database: all.database })
    for (const wrong of [other, none]) {
      const error = await refused(wrong.authenticate({ username: 'alice', password }))
      expect(error).toMatchObject({ code: 'invalid_grant' })
    }
    await all.users.authenticate({ username: 'alice', password })
  })

  test('SECURITY 266: neither a password nor the pepper is found in any table, file or account', async () => {
    const url = await freshDatabase(dialect)
    const pepper = 'a pepper of enough bytes'
    const users = await accounts({ database: url, hashing: { pepper } })
    const created = await users.create(alice)
    await users.setPassword(created.id, 'another horse entirely')
    const login = await users.authenticate({ username: 'alice', password: 'another horse entirely' })
    const shown = [
      login,
      await users.get(created.id),
      await users.find('alice'),
      await users.list(),
      created,
      users,
    ]
    for (const value of shown) expect(JSON.stringify(value)).not.toMatch(/argon2|hash/i)

    const database = await openDatabase(url)
    let dump = ''
    for (const { name } of await database.kysely.introspection.getTables()) {
      dump += JSON.stringify((await sql`select * from ${sql.table(name)}`.execute(database.kysely)).rows)
    }
    if (dialect === 'sqlite') {
      const file = url.slice('file:'.length)
      for (const path of [file, `${file}-wal`]) dump += readFileSync(path, 'latin1')
    }
    expect(dump).toContain('argon2id')
    for (const secret of [password, 'another horse entirely', pepper]) {
      expect(dump).not.toContain(secret)
      expect(dump).not.toContain(Buffer.from(secret).toString('base64').replaceAll('=', ''))
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'))
    }
    await database.close()
    await users.close()
  })

  test('another password replaces the one before, whatever a login is doing', async () => {
    await using all = await fixture(dialect)
    const { id } = await all.users.create(alice)
    const raised = await accounts({ database: all.database, hashing: { passes: 3 } })
    const [, login] = await Promise.allSettled([
      all.users.setPassword(id, 'another horse entirely'),
      // Upgrades the old hash, unless the new password was first.
      raised.authenticate({ username: 'alice', password }),
    ])
    expect(['fulfilled', 'rejected']).toContain(login.status)
    expect(await refused(all.users.authenticate({ username: 'alice', password }))).toMatchObject({
      code: 'invalid_grant',
    })
    await all.users.authenticate({ username: 'alice', password: 'another horse entirely' })
    expect(await refused(all.users.setPassword('no-such-id', password))).toMatchObject({
      code: 'no_such_account',
    })
    expect(await refused(all.users.setPassword(id, 'short'))).toMatchObject({ code: 'password_too_short' })
    await all.users.authenticate({ username: 'alice', password: 'another horse entirely' })
  })

  test('an account is changed field by field', async () => {
    await using all = await fixture(dialect)
    const { id } = await all.users.create({ ...alice, name: 'Alice', email: 'alice@example.com' })
    await all.users.create({ ...alice, username: 'bob' })
    expect(await all.users.update(id, { name: null, scopes: ['x'], email: undefined })).toMatchObject({
      email: 'alice@example.com',
      scopes: ['x'],
    })
    expect(await all.users.get(id)).not.toHaveProperty('name')
    expect(await refused(all.users.update(id, { username: 'BOB' }))).toMatchObject({ code: 'username_taken' })
    expect(await refused(all.users.update('nothing', { name: 'x' }))).toMatchObject({
      code: 'no_such_account',
      status: 404,
    })
    await all.users.update(id, { username: 'Carol', disabled: true })
    expect(await all.users.find('alice')).toBeUndefined()
    expect(await all.users.find('carol')).toMatchObject({ id, username: 'Carol', disabled: true })
    expect(await refused(all.users.authenticate({ username: 'carol', password }))).toMatchObject({
      code: 'invalid_grant',
    })
  })

  test('SECURITY 271: a removed account is gone, and another with its username is another', async () => {
    await using all = await fixture(dialect)
    const { id } = await all.users.create(alice)
    expect(await all.users.remove(id)).toBe(true)
    expect(await all.users.remove(id)).toBe(false)
    expect(await all.users.get(id)).toBeUndefined()
    expect(await refused(all.users.authenticate({ username: 'alice', password }))).toMatchObject({
      code: 'invalid_grant',
    })
    expect((await all.users.create(alice)).id).not.toBe(id)
  })

  test('SECURITY 269: a list goes page by page, and a forged cursor is refused', async () => {
    await using all = await fixture(dialect)
    const created: string[] = []
    for (const letter of 'abcde') {
      created.push(
        (await all.users.create({ username: letter, passwordHash: importedVectors()[0]?.hash ?? '' })).id,
      )
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const first = await all.users.list({ limit: 2 })
    const after = first[1]?.id ?? ''
    const rest = await all.users.list({ after, limit: 10 })
    expect([...first, ...rest].map(({ id }) => id)).toEqual(created)
    for (const forged of ["' or 1=1 --", '', '\0', 'x'.repeat(100)]) {
      expect(await refused(all.users.list({ after: forged }))).toMatchObject({
        code: 'invalid_page',
        status: 422,
      })
      expect(await all.users.get(forged)).toBeUndefined()
      expect(await all.users.find(forged)).toBeUndefined()
      expect(await all.users.remove(forged)).toBe(false)
    }
    for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
      expect(await refused(all.users.list({ limit }))).toMatchObject({ code: 'invalid_page' })
    }
    expect(await all.users.list()).toHaveLength(5)
  })

  test('SECURITY R7: a database that does not answer is a 503 with Retry-After, and nothing of what it said', async () => {
    const url = await freshDatabase(dialect)
    const database = await openDatabase({ url, statementTimeout: 1 })
    const users = await accounts({ database })
    const { id } = await users.create(alice)
    await using other = await openDatabase(url)
    await other.transaction(async (transaction) => {
      // A lock that the accounts have to wait for.
      if (dialect === 'postgres') {
        await sql`lock table gatewright_accounts in access exclusive mode`.execute(transaction)
        const error = await refused(users.authenticate({ username: 'alice', password }))
        expect(error).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      }
      const error = await refused(users.update(id, { name: 'Alice' }))
      expect(error).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      expect(JSON.stringify(error)).toBe('{"detail":"The accounts cannot be reached just now, try again"}')
    })
    // Afterwards everything is as it was.
    expect(await users.update(id, { name: 'Alice' })).toMatchObject({ name: 'Alice' })
    await users.authenticate({ username: 'alice', password })
    await database.close()
  })

  test('a login that cannot write the better hash is still a login', async () => {
    const url = await freshDatabase(dialect)
    const database = await openDatabase({ url, statementTimeout: 1 })
    await (await accounts({ database })).create(alice)
    const raised = await accounts({ database, hashing: { passes: 3 } })
    await using other = await openDatabase(url)
    await other.transaction(async (transaction) => {
      await sql`update gatewright_accounts set name = 'locked'`.execute(transaction)
      await raised.authenticate({ username: 'alice', password })
    })
    await raised.authenticate({ username: 'alice', password })
    await database.close()
  })
})

describe('what an account may look like', () => {
  test.each([
    '',
    '   ',
    'x'.repeat(101),
    'two\nlines',
    'a line\n',
    '\tindented',
    'two\r\nlines',
    'nul\0',
    'bell\u0007',
    'zero\u200bwidth',
    'right\u202eto left',
    'filler\u3164',
    'half\ud800',
    'line\u2028',
    '\ufdfa'.repeat(20),
  ])('%j is no username', async (username) => {
    await using all = await fixture('sqlite')
    expect(await refused(all.users.create({ ...alice, username }))).toMatchObject({
      code: 'invalid_username',
      status: 422,
    })
    expect(await all.users.list()).toEqual([])
  })

  test.each(['x', 'x'.repeat(100), "o'brien; drop table", '李小龍', 'Ünïcödé', 'a@b', 'Ω', '2 words'])(
    '%j is a username',
    async (username) => {
      await using all = await fixture('sqlite')
      const { id } = await all.users.create({ username, password })
      expect((await all.users.find(username.toUpperCase()))?.id).toBe(id)
    },
  )

  test.each([
    'a＠example.com',
    '"a@evil.test"@x.test',
    'a@evil.test@x.test',
    'a@x.test\r\nBcc: b@evil.test',
    'a@x.test\nb',
    'a@x.test\n',
    'a b@x.test',
    'a@x .test',
    '@x.test',
    'a@',
    'a',
    'a@localhost',
    'a@-x.test',
    'a@x..test',
    'a..b@x.test',
    '.a@x.test',
    'a@x.test,b@x.test',
    '<a@x.test>',
    'a(comment)@x.test',
    'a\0@x.test',
    'a@[127.0.0.1]',
    'ⓐ@x.test',
    'ａ@x.test',
    'ﬁ@x.test',
    `${'a'.repeat(65)}@x.test`,
    `a@${'x'.repeat(64)}.test`,
    `a@${'x.'.repeat(130)}test`,
  ])('SECURITY 231: %j is no e-mail address', async (email) => {
    await using all = await fixture('sqlite')
    expect(await refused(all.users.create({ ...alice, email }))).toMatchObject({
      code: 'invalid_email',
      status: 422,
    })
    expect(await all.users.list()).toEqual([])
    const { id } = await all.users.create(alice)
    expect(await refused(all.users.update(id, { email }))).toMatchObject({ code: 'invalid_email' })
    expect(await all.users.get(id)).not.toHaveProperty('email')
  })

  test('SECURITY 231: an e-mail address is kept in one form', async () => {
    await using all = await fixture('sqlite')
    const { id } = await all.users.create({ ...alice, email: ' Ann.O+tag@BÜCHER.example ' })
    expect((await all.users.get(id))?.email).toBe('Ann.O+tag@xn--bcher-kva.example')
  })

  test('a name on two lines and a scope that is none are refused', async () => {
    await using all = await fixture('sqlite', { scopes: ['me', 'items:read'] })
    for (const name of ['', ' ', 'a\r\nb', 'x'.repeat(201)]) {
      expect(await refused(all.users.create({ ...alice, name }))).toMatchObject({ code: 'invalid_name' })
    }
    for (const scope of ['admin', '', 'two words', 'quo"te']) {
      expect(await refused(all.users.create({ ...alice, scopes: [scope] }))).toMatchObject({
        code: 'invalid_scope',
      })
    }
    expect(await all.users.list()).toEqual([])
  })

  test('an error never holds what was sent', async () => {
    await using all = await fixture('sqlite')
    for (const account of [
      { ...alice, username: 'very-secret\nx' },
      { username: 'a', password: 'very-secret' },
      { ...alice, email: 'very-secret' },
      { username: 'a', passwordHash: 'very-secret' },
    ]) {
      const error = await refused(all.users.create(account))
      expect(error).toBeInstanceOf(AccountError)
      expect(`${error} ${JSON.stringify(error)}`).not.toContain('very-secret')
    }
  })
})

describe('many logins at once', () => {
  test('SECURITY R16: beyond the queue a login is a 503 with Retry-After, and the others are answered', async () => {
    await using all = await fixture('sqlite', { hashing: { concurrency: 1, queue: 3 } })
    await all.users.create(alice)
    const logins = Array.from({ length: 10 }, () => all.users.authenticate({ username: 'alice', password }))
    const results = await Promise.allSettled(logins)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    for (const result of results) {
      if (result.status !== 'rejected') continue
      expect(result.reason).toBeInstanceOf(HttpError)
      expect(result.reason).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    }
    // And room again.
    await all.users.authenticate({ username: 'alice', password })
  })

  test('SECURITY R22: hashing leaves the event loop free', async () => {
    await using all = await fixture('sqlite')
    await all.users.create(alice)
    const state = { turns: 0, isDone: false }
    const counting = (async () => {
      for (; !state.isDone; state.turns += 1) await new Promise((resolve) => setImmediate(resolve))
    })()
    await Promise.all([1, 2, 3, 4].map(() => all.users.authenticate({ username: 'alice', password })))
    state.isDone = true
    await counting
    // A hash on the main thread would leave a handful of turns for the four of them.
    expect(state.turns).toBeGreaterThan(50)
  })
})

describe('a table of your own', () => {
  interface Member {
    readonly id: number
    readonly nick: string
    readonly scopes: readonly ('read' | 'write')[]
    readonly disabled: boolean
  }

  test('three functions are enough, and the account keeps its own type', async () => {
    const rows = new Map<string, { member: Member; hash: string }>()
    const users = await accounts({
      store: {
        findByUsername: (nick) => {
          const row = rows.get(nick)
          return row && { account: row.member, passwordHash: row.hash }
        },
        findById: (id): Member | undefined =>
          [...rows.values()].find(({ member }) => String(member.id) === id)?.member,
        replacePasswordHash: (id, from, to) => {
          for (const row of rows.values())
            if (String(row.member.id) === id && row.hash === from) row.hash = to
        },
      },
    })
    const member: Member = { id: 7, nick: 'ann', scopes: ['read'], disabled: false }
    rows.set('ann', { member, hash: await users.hashPassword(password, { username: 'ann' }) })
    rows.set('old', { member: { ...member, id: 8 }, hash: importedVectors()[0]?.hash ?? '' })

    const login = await users.authenticate({ username: 'ann', password })
    expect(login).toEqual({ subject: '7', scopes: ['read'], account: member })
    // The types: their account, and nothing that their store cannot do.
    const nick: string | undefined = (await users.get('7'))?.nick
    expect(nick).toBe('ann')
    expect(users).not.toHaveProperty('create')
    // @ts-expect-error: a source of three functions has no `create`
    void users.create

    expect(await refused(users.authenticate({ username: 'nobody', password }))).toMatchObject({
      code: 'invalid_grant',
    })
    await users.authenticate({ username: 'old', password: importedVectors()[0]?.password ?? '' })
    expect(rows.get('old')?.hash).toMatch(/^\$argon2id\$/)
    expect(await refused(users.hashPassword('short', { username: 'x' }))).toMatchObject({
      code: 'password_too_short',
    })
  })
})

describe('time', () => {
  test('an unknown user, one with a damaged hash and a disabled one cost the hash that a wrong password costs', async () => {
    const good = await passwordHasher().hash(password)
    const row = (passwordHash: string, disabled = false) => ({ account: { id: 1, disabled }, passwordHash })
    const rows = new Map([
      ['alice', row(good)],
      ['disabled', row(good, true)],
      ['damaged', row('nonsense')],
      ['costly', row(good.replace('m=19456', 'm=99999999'))],
      ['peppered', row(good.replace('p=1', 'p=1,keyid=AAAAAAAA'))],
    ])
    const users = await accounts({
      hashing: { concurrency: 1, queue: 0 },
      store: {
        findByUsername: (username) => rows.get(username),
        findById: () => undefined,
        replacePasswordHash: () => undefined,
      },
    })
    for (const username of ['alice', 'disabled', 'damaged', 'costly', 'peppered', 'nobody']) {
      // There is room for one hash. That the second is turned away shows that one was under way for the first.
      const first = refused(users.authenticate({ username, password: 'wrong horse battery staple' }))
      const second = refused(users.authenticate({ username, password: 'wrong horse battery staple' }))
      expect(await first).toMatchObject({ code: 'invalid_grant' })
      expect(await second).toMatchObject({ status: 503 })
    }
  })
})

describe('a database that cannot be used', () => {
  test('is told at once, in one sentence, with nothing left open', async () => {
    await expect(accounts({ database: 'mysql://user:very-secret@localhost/app' })).rejects.toMatchObject({
      name: 'DatabaseError',
      code: 'invalid_url',
      message: expect.not.stringContaining('very-secret'),
    })
  })

  test('closing closes a database that was opened here, and leaves one that was handed in', async () => {
    const database = await openDatabase(await freshDatabase('sqlite'))
    const users = await accounts({ database })
    await users.close()
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
    await database.close()
    const own = await accounts({ database: await freshDatabase('sqlite') })
    await own.close()
    await expect(own.list()).rejects.toThrow()
  })
})

interface Vector {
  readonly library: string
  readonly scheme: string
  readonly password: string
  readonly hash: string
}

/** One hash of each kind that is not Argon2id already. */
function importedVectors(): readonly Vector[] {
  const file = new URL('../../crypto/password-vectors.json', import.meta.url)
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly Vector[] }
  return vectors.filter(({ hash, password }) => !hash.includes('argon2id') && /^[ -~]+$/.test(password))
}

async function refused(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => new Error('It was not refused'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof AccountError) && !(error instanceof OAuthError) && !(error instanceof HttpError))
    throw error
  return error
}
