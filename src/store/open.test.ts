/** Databases that open, and everything that may be given instead of one. */

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase, freshFolder, postgresServer } from '../../test/setup/database.ts'
import { DatabaseError } from './database-error.ts'
import type { DatabaseErrorCode } from './database-error.ts'
import { openDatabase } from './open.ts'
import type { DatabaseOptions } from './open.ts'

interface Posts {
  readonly posts: { readonly id: number; readonly text: string }
}

describe.each(dialects)('%s', (dialect) => {
  test('an app keeps tables of its own beside ours', async () => {
    await using database = await openDatabase<Posts>(await freshDatabase(dialect))
    expect(database.dialect).toBe(dialect)
    await sql`create table posts (id integer primary key, text text not null)`.execute(database.kysely)
    await database.kysely.insertInto('posts').values({ id: 1, text: 'first' }).execute()
    expect(await database.kysely.selectFrom('posts').selectAll().execute()).toEqual([
      { id: 1, text: 'first' },
    ])
  })

  test('a transaction is all or nothing', async () => {
    await using database = await openDatabase<Posts>(await freshDatabase(dialect))
    await sql`create table posts (id integer primary key, text text not null)`.execute(database.kysely)
    const failing = database.transaction(async (transaction) => {
      await transaction.insertInto('posts').values({ id: 1, text: 'lost' }).execute()
      throw new Error('second thoughts')
    })
    await expect(failing).rejects.toThrow('second thoughts')
    expect(await database.kysely.selectFrom('posts').selectAll().execute()).toEqual([])
    await database.transaction((transaction) =>
      transaction.insertInto('posts').values({ id: 2, text: 'kept' }).execute(),
    )
    expect(await database.kysely.selectFrom('posts').select('id').execute()).toEqual([{ id: 2 }])
  })

  test('a unique value that exists already is a conflict, and a mistake in a statement keeps its message', async () => {
    await using database = await openDatabase<Posts>(await freshDatabase(dialect))
    await sql`create table posts (id integer primary key, text text not null)`.execute(database.kysely)
    await database.kysely.insertInto('posts').values({ id: 1, text: 'one' }).execute()
    const second = database.kysely.insertInto('posts').values({ id: 1, text: 'two' }).execute()
    await expect(second).rejects.toMatchObject({ name: 'DatabaseError', code: 'conflict' })
    await expect(sql`select absent from nowhere`.execute(database.kysely)).rejects.toThrow(/nowhere/)
  })
})

describe('sqlite', () => {
  test('SECURITY 270: a new file is readable by its owner alone, and so is a new folder and the log beside it', async () => {
    const folder = join(await freshFolder(), 'data')
    await using database = await openDatabase(`file:${folder}/app.db`)
    await sql`create table notes (id integer)`.execute(database.kysely)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const file of await readdir(folder))
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toContain('app.db-wal')
  })

  test('SECURITY R5: every commit reaches the disk, foreign keys are enforced, readers do not wait', async () => {
    await using database = await openDatabase(await freshDatabase('sqlite'))
    const setting = async (name: string) => (await sql.raw(`pragma ${name}`).execute(database.kysely)).rows[0]
    expect(await setting('journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(await setting('synchronous')).toEqual({ synchronous: 2 })
    expect(await setting('foreign_keys')).toEqual({ foreign_keys: 1 })
  })

  test('a relative path, an absolute one, a file URL with a blank, and memory', async () => {
    const folder = await freshFolder()
    for (const url of [
      `file:${folder}/a.db`,
      `sqlite:${folder}/b.db`,
      pathToFileURL(join(folder, 'c d.db')).href,
    ]) {
      await (await openDatabase(url)).close()
    }
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['a.db', 'b.db', 'c d.db']))
    await using memory = await openDatabase('sqlite::memory:')
    expect((await sql`select 1 as one`.execute(memory.kysely)).rows).toEqual([{ one: 1 }])
  })

  test('another process that writes is waited for without stopping the event loop, and not for ever', async () => {
    const url = await freshDatabase('sqlite')
    await using writer = await openDatabase(url)
    await sql`create table notes (id integer)`.execute(writer.kysely)
    await using impatient = await openDatabase({ url, statementTimeout: 0.05 })
    await using patient = await openDatabase(url)
    let turns = 0
    await writer.transaction(async (transaction) => {
      await sql`insert into notes values (1)`.execute(transaction)
      const refused = sql`insert into notes values (2)`.execute(impatient.kysely)
      await expect(refused).rejects.toMatchObject({ code: 'busy', isTransient: true })
      void sql`insert into notes values (3)`.execute(patient.kysely)
      for (; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    })
    expect(turns).toBe(20)
    await sql`insert into notes values (4)`.execute(patient.kysely)
    const { rows } = await sql`select id from notes order by id`.execute(writer.kysely)
    expect(rows).toEqual([{ id: 1 }, { id: 3 }, { id: 4 }])
  })

  test('a transaction that reads and then writes is not overtaken in between', async () => {
    const url = await freshDatabase('sqlite')
    await using one = await openDatabase(url)
    await using other = await openDatabase({ url, statementTimeout: 0.05 })
    await sql`create table counters (value integer)`.execute(one.kysely)
    await sql`insert into counters values (1)`.execute(one.kysely)
    await one.transaction(async (transaction) => {
      await sql`select value from counters`.execute(transaction)
      const overtaking = sql`update counters set value = 100`.execute(other.kysely)
      await expect(overtaking).rejects.toMatchObject({ code: 'busy' })
      await sql`update counters set value = value + 1`.execute(transaction)
    })
    expect((await sql`select value from counters`.execute(other.kysely)).rows).toEqual([{ value: 2 }])
  })

  test('a file that is not a database is left as it is', async () => {
    const folder = await freshFolder()
    for (const [name, content] of [
      ['text.db', 'a shopping list, and quite a long one at that'],
      ['short.db', 'x'],
      ['cut.db', 'SQLite format 3\0'],
      ['damaged.db', `SQLite format 3\0${'\x7f'.repeat(5000)}`],
    ] as const) {
      const file = join(folder, name)
      await writeFile(file, content, 'latin1')
      expect((await refusal(`file:${file}`)).code).toBe('not_a_database')
      expect(await readFile(file, 'latin1')).toBe(content)
    }
    expect(await readdir(folder)).toHaveLength(4)
  })

  test('a folder, a path without a folder, a path below a file', async () => {
    const folder = await freshFolder()
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(`file:${folder}`)).toMatchObject({ code: 'cannot_open', message: /is a folder/ })
    expect(await refusal(`file:${folder}/no/such/app.db`)).toMatchObject({
      code: 'cannot_open',
      message: /does not exist/,
    })
    expect((await refusal(`file:${folder}/file/app.db`)).code).toBe('cannot_open')
    expect(await readdir(folder)).toEqual(['file'])
  })

  test('a file or folder that this process may not write', async () => {
    const folder = await freshFolder()
    const locked = join(folder, 'locked')
    await mkdir(locked)
    await (await openDatabase(`file:${locked}/app.db`)).close()
    const before = await readFile(join(locked, 'app.db'))
    await chmod(join(locked, 'app.db'), 0o444)
    expect(openAsNobody(`file:${locked}/app.db`)).toMatch(/^cannot_open .*may not read and write/)
    await chmod(join(locked, 'app.db'), 0o666)
    await chmod(locked, 0o555)
    expect(openAsNobody(`file:${locked}/app.db`)).toMatch(/^cannot_open .*may not read and write/)
    expect(openAsNobody(`file:${locked}/new.db`)).toMatch(/^cannot_open .*may not read and write/)
    expect(await readdir(locked)).toEqual(['app.db'])
    expect(await readFile(join(locked, 'app.db'))).toEqual(before)
    await chmod(locked, 0o755)
  })
})

describe('postgres', () => {
  test('a wrong password, and one whose characters are not encoded, is refused without being repeated', async () => {
    const server = new URL(await postgresServer())
    server.password = 'very-secret-and-wrong'
    expect(await refusal(server.href)).toMatchObject({
      code: 'access_denied',
      message: /refused the user name/,
    })
    for (const url of [
      'postgres://user:very-secret/and@localhost/app',
      'postgres://user:very-secret#and@localhost/app',
      'postgres://user:5432/very-secret@localhost/app',
      'postgres://user:5432?very-secret@localhost/app',
      'postgres://user:5432#very-secret@localhost/app',
      'postgres:very-secret@localhost/app',
      'postgres://user:very-secret@[localhost/app',
    ]) {
      expect((await refusal(url)).code).toBe('invalid_url')
    }
  })

  test('a user without a password, an unknown user, a database that is not there', async () => {
    const server = await postgresServer()
    const without = new URL(server)
    without.password = ''
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    expect((await refusal(without.href)).code).toBe('access_denied')
    // No connection stays open behind the refusal, or the process could not end.
    await expect.poll(sockets).toBe(0)
    const unknown = new URL(server)
    unknown.username = 'nobody-knows'
    expect((await refusal(unknown.href)).code).toBe('access_denied')
    const missing = new URL(server)
    missing.pathname = '/no_such_database'
    expect(await refusal(missing.href)).toMatchObject({
      code: 'missing_database',
      message: /"no_such_database"/,
    })
  })

  test('a host that nobody knows, a port where nobody listens, a server that says nothing', async () => {
    expect(await refusal('postgres://user:very-secret@no-such-host.invalid/app')).toMatchObject({
      code: 'unreachable',
      message: /no-such-host\.invalid:5432/,
    })
    expect((await refusal('postgres://user:very-secret@127.0.0.1:9/app')).code).toBe('unreachable')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const url = `postgres://user:very-secret@127.0.0.1:${port}/app`
    expect(await refusal({ url, connectTimeout: 0.2 })).toMatchObject({ code: 'timeout', isTransient: true })
    silent.close()
  })

  test('without the driver, the message says how to install it', () => {
    const open = JSON.stringify(new URL('open.ts', import.meta.url).href)
    const script = `
      import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name === 'pg') throw new Error('not installed')
        return next(name, context)
      } })
      const { openDatabase } = await import(${open})
      await openDatabase('postgres://user:very-secret@localhost/app').catch(({ code, message }) => console.log(code, message))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('driver_missing PostgreSQL needs its driver: npm install pg\n')
  })

  test('SECURITY R7: a statement that takes too long is ended', async () => {
    await using database = await openDatabase({ url: await freshDatabase('postgres'), statementTimeout: 1 })
    await expect(sql`select pg_sleep(20)`.execute(database.kysely)).rejects.toMatchObject({ code: 'timeout' })
  })

  test('SECURITY R8: a connection that the server ends is replaced, and the process lives', async () => {
    const url = await freshDatabase('postgres')
    await using database = await openDatabase({ url, connections: 1 })
    await using other = await openDatabase(url)
    const end = (pid: number) => sql`select pg_terminate_backend(${sql.lit(pid)})`.execute(other.kysely)
    const pid = async () =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.kysely)).rows[0]?.pid ?? 0
    const first = await pid()
    const sleeping = sql`select pg_sleep(20)`.execute(database.kysely)
    const refused = expect(sleeping).rejects.toMatchObject({ code: 'unavailable', isTransient: true })
    await end(first)
    await refused
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = await pid()
    expect(second).not.toBe(first)
    await end(second)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await pid()).not.toBe(second)
    // Between two statements of a transaction nobody waits for an answer that could fail.
    const broken = database.transaction(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
      await end(rows[0]?.pid ?? 0)
      await new Promise((resolve) => setTimeout(resolve, 50))
      await sql`select 1`.execute(transaction)
    })
    await expect(broken).rejects.toMatchObject({ code: 'unavailable', isTransient: true })
    expect(await pid()).not.toBe(0)
  })

  test('SECURITY R7: more callers than connections wait, and not for ever', async () => {
    const url = await freshDatabase('postgres')
    await using database = await openDatabase({ url, connections: 1, connectTimeout: 1 })
    await database.transaction(async () => {
      const refused = sql`select 1`.execute(database.kysely)
      await expect(refused).rejects.toMatchObject({ code: 'timeout', isTransient: true })
    })
  })
})

describe('options', () => {
  test.each([
    ['mysql://user:very-secret@localhost/app', /begins with mysql:\. Use file:app\.db/],
    ['app.db', /no scheme/],
    ['very-secret', /no scheme/],
    ['', /no scheme/],
    ['file:', /file: and a path/],
    ['file:app.db?mode=ro', /file: and a path/],
    ['file://very-secret/app.db', /file: and a path/],
    ['sqlite://very-secret/app.db', /file: and a path/],
  ])('%j is refused as a URL', async (url, message) => {
    expect(await refusal(url, { secret: 'very-secret@' })).toMatchObject({ code: 'invalid_url', message })
  })

  test('a wrong option is named', async () => {
    const url = 'postgres://user:very-secret@127.0.0.1:9/app'
    expect((await refusal({ url, connections: 0 })).message).toBe(
      'connections must be a whole number from 1, not 0',
    )
    expect((await refusal({ url, connectTimeout: -1 })).message).toMatch(
      /^connectTimeout must be seconds above 0/,
    )
    expect((await refusal({ url, statementTimeout: Number.NaN })).message).toMatch(
      /^statementTimeout must be/,
    )
    // As from an environment variable that is not set.
    expect((await refusal({ url: undefined as unknown as string })).message).toMatch(
      /^The database URL is missing/,
    )
  })
})

/** What opening fails with; nothing of it may hold the password. */
async function refusal(
  target: string | DatabaseOptions,
  { secret = 'very-secret' }: { readonly secret?: string } = {},
): Promise<DatabaseError & { readonly code: DatabaseErrorCode }> {
  const error = await openDatabase(target).then(
    async (database) => database.close(),
    (reason: unknown) => reason,
  )
  if (!(error instanceof DatabaseError)) throw new Error('It did not fail as it should', { cause: error })
  const { cause } = error
  for (const text of [error.message, error.stack, String(cause), JSON.stringify(cause)]) {
    expect(text ?? '').not.toContain(secret)
  }
  return error
}

/** Opens a database as a user who may do nothing in particular: root may write everywhere. */
function openAsNobody(url: string): string {
  const open = fileURLToPath(new URL('open.ts', import.meta.url))
  const script = `import(${JSON.stringify(open)}).then(({ openDatabase }) => openDatabase(${JSON.stringify(url)}))
    .then((database) => database.close().then(() => 'opened'), (error) => error.code + ' ' + error.message)
    .then((text) => process.stdout.write(text))`
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    cwd: '/',
    ...user,
  })
  return stdout || stderr
}
