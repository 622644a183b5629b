/** The quick start as a newcomer meets it: the command of `npm start`, its output, and the service over HTTP. */

import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { dialects, freshDatabase, freshFolder } from '../../test/setup/database.ts'
import { freePort } from '../../test/setup/free-port.ts'
import { talkingTo } from '../over-http.ts'
import type { Served } from '../over-http.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const password = 'open-the-gate-please'
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Started {
  readonly child: ChildProcess
  readonly output: string
  readonly url: string
  readonly folder: string
  /** Ends it as Ctrl+C or a service manager does. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly output: string }>
}

/** The command of `npm start`, in a folder of its own. */
function launch(environment: Readonly<Record<string, string>>, folder: string): ChildProcess {
  const { NODE_ENV: _, ...inherited } = process.env // vitest sets it to `test`
  const child = spawn('node', ['--conditions=gatewright-source', main], {
    cwd: folder,
    env: { ...inherited, ...environment },
  })
  children.push(child)
  return child
}

async function start(environment: Readonly<Record<string, string>> = {}, where?: string): Promise<Started> {
  const folder = where ?? (await freshFolder())
  const child = launch({ PORT: '0', ...environment }, folder)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close') as Promise<[number | null]>
  while (!output.includes('Ctrl+C')) {
    const code = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))])
    if (code !== undefined) throw new Error(`It did not start: ${output}`)
  }
  return {
    child,
    output,
    url: /(http:\/\/\S+)\/docs/.exec(output)?.[1] ?? '',
    folder,
    async stop(signal = 'SIGINT') {
      child.kill(signal)
      const [code] = await ended
      return { code, output }
    },
  }
}

/** Logs in as `curl` would. */
async function logIn(service: Served, username: string): Promise<string> {
  const { status, body } = await service.send('POST', '/token', { form: loginForm(username) })
  expect(status).toBe(200)
  return (body as { readonly access_token: string }).access_token
}

function loginForm(username: string, typed = password): Record<string, string> {
  return { grant_type: 'password', client_id: 'terminal', username, password: typed }
}

/** Starts what should not start. */
async function refusal(environment: Readonly<Record<string, string>>, folder?: string) {
  const child = launch(environment, folder ?? (await freshFolder()))
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

test('npm start is the command that is tested here', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(manifest.scripts['start']).toBe('node --conditions=gatewright-source examples/quick-start/main.ts')
})

describe.each(dialects)('on %s', (dialect) => {
  test('says all that is needed to try it', async () => {
    const { output, url } = await start({ DATABASE_URL: await freshDatabase(dialect) })
    expect(output).toContain(`${url}/docs`)
    expect(output).toContain(password)
    expect(output).toContain('Development mode')
    expect(output).not.toContain('only-for-tests') // the password of the database
    const [line = ''] = /^curl .*$/m.exec(output) ?? []
    const { stdout } = await promisify(execFile)('sh', ['-c', line])
    expect(JSON.parse(stdout)).toMatchObject({
      username: 'writer',
      scopes: ['me', 'read:users', 'write:posts'],
    })
  })

  test('the writer reads and writes', async () => {
    const service = talkingTo((await start({ DATABASE_URL: await freshDatabase(dialect) })).url)
    const token = await logIn(service, 'writer')
    const users = await service.send('GET', '/users', { token })
    const names = (users.body as { username: string }[]).map(({ username }) => username)
    expect(names).toEqual(['writer', 'reader', 'disabled'])
    expect(JSON.stringify(users.body)).not.toMatch(/argon2|hash/i)

    const added = await service.send('POST', '/posts', { token, json: { title: 'First' } })
    expect(added).toMatchObject({ status: 201, body: { title: 'First', author: 'writer' } })
    expect((await service.send('GET', '/posts', { token })).body).toEqual([added.body])
  })

  test('the reader reads, and is told what writing needs', async () => {
    const service = talkingTo((await start({ DATABASE_URL: await freshDatabase(dialect) })).url)
    const token = await logIn(service, 'reader')
    expect(await service.send('GET', '/users/me', { token })).toMatchObject({ body: { username: 'reader' } })
    expect((await service.send('GET', '/users', { token })).status).toBe(200)
    const refused = await service.send('POST', '/posts', { token, json: { title: 'No' } })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*scope="write:posts"/)
    expect((await service.send('GET', '/posts', { token })).body).toEqual([])
  })

  test('the disabled account may not log in, and nobody is told why', async () => {
    const service = talkingTo((await start({ DATABASE_URL: await freshDatabase(dialect) })).url)
    const wrong = await service.send('POST', '/token', { form: loginForm('writer', 'wrong') })
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const disabled = await service.send('POST', '/token', { form: loginForm('disabled') })
    expect(disabled.body).toEqual(wrong.body)
  })

  test('what was written is there after a restart, and tokens are still good', async () => {
    const place = { DATABASE_URL: await freshDatabase(dialect), PORT: String(await freePort()) }
    const first = await start(place)
    const before = talkingTo(first.url)
    const token = await logIn(before, 'writer')
    await before.send('POST', '/posts', { token, json: { title: 'Kept' } })
    expect(await first.stop('SIGTERM')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Stopped.'),
    })

    const after = talkingTo((await start(place)).url)
    expect((await after.send('GET', '/posts', { token })).body).toMatchObject([{ title: 'Kept' }])
    const fresh = await logIn(after, 'writer')
    expect((await after.send('GET', '/posts', { token: fresh })).body).toMatchObject([{ title: 'Kept' }])
    expect((await after.send('GET', '/users', { token: fresh })).body).toHaveLength(3)
  })
})

test('every route but the login wants a token', async () => {
  const service = talkingTo((await start()).url)
  for (const [method, path] of [
    ['GET', '/users/me'],
    ['GET', '/users'],
    ['GET', '/posts'],
    ['POST', '/posts'],
  ] as const) {
    const answer = await service.send(method, path)
    expect([answer.status, answer.body]).toEqual([401, { detail: 'Not authenticated' }])
  }
})

test('a body that does not fit is a 422, and adds nothing', async () => {
  const service = talkingTo((await start()).url)
  const token = await logIn(service, 'writer')
  for (const json of [{}, { title: '' }, { title: 'x'.repeat(201) }, [], null]) {
    expect((await service.send('POST', '/posts', { token, json })).status).toBe(422)
  }
  expect((await service.send('GET', '/posts', { token })).body).toEqual([])
})

test('the start page leads to the docs', async () => {
  const service = talkingTo((await start()).url)
  const answer = await service.send('GET', '/')
  expect([answer.status, answer.headers.get('location')]).toEqual([307, 'docs'])
  expect((await service.send('GET', '/docs')).status).toBe(200)
  expect((await service.send('GET', '/openapi.json')).body).toMatchObject({
    paths: { '/posts': { post: { security: [{ OAuth2: ['write:posts'] }] } } },
    components: {
      securitySchemes: { OAuth2: { flows: { authorizationCode: { tokenUrl: `${service.url}/token` } } } },
    },
  })
})

test('Ctrl+C ends it, and the database is closed', async () => {
  const started = await start()
  expect((await readdir(started.folder)).toSorted()).toContain('quick-start.db')
  expect(await started.stop('SIGINT')).toMatchObject({ code: 0 })
  expect(await readdir(started.folder)).toEqual(['quick-start.db'])
})

test('npm start ends with npm, whatever is in between', async () => {
  const { NODE_ENV: _, ...inherited } = process.env
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const database = await freshDatabase('sqlite')
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...inherited, PORT: '0', DATABASE_URL: database },
  })
  children.push(child)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await expect.poll(() => output, { timeout: 30_000 }).toContain('Ctrl+C')
  const url = /(http:\/\/\S+)\/docs/.exec(output)?.[1] ?? ''
  expect((await talkingTo(url).send('GET', '/docs')).status).toBe(200)
  child.kill('SIGTERM')
  const isGone = (): Promise<boolean> =>
    fetch(url).then(
      () => false,
      () => true,
    )
  await expect.poll(isGone, { timeout: 10_000 }).toBe(true)
})

test('it listens on loopback alone', async () => {
  const { url } = await start({ HOST: '127.0.0.1' })
  expect(new URL(url).hostname).toBe('127.0.0.1')
  for (const host of ['0.0.0.0', '::', 'example.com', '192.168.1.10', '127.0.0.2']) {
    const { code, output } = await refusal({ HOST: host })
    expect([code, oneLine(output)]).toEqual([1, expect.stringContaining(`HOST="${host}"`)])
  }
})

test('it does not start in production', async () => {
  const folder = await freshFolder()
  const { code, output } = await refusal({ NODE_ENV: 'production' }, folder)
  expect([code, oneLine(output)]).toEqual([1, expect.stringContaining('NODE_ENV=production')])
  expect(await readdir(folder)).toEqual([])
})

test('a taken port is one line that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, output } = await refusal({ PORT: String(port) })
  other.close()
  expect([code, oneLine(output)]).toEqual([1, expect.stringContaining(`Port ${port} is already in use`)])
})

test.each([
  ['PORT', 'http', 'PORT must be a whole number'],
  ['PORT', '65536', 'PORT must be a whole number'],
  ['PORT', '-1', 'PORT must be a whole number'],
  ['DATABASE_URL', 'app.db', 'has no scheme'],
  ['DATABASE_URL', 'mysql://root:hunter2@localhost/app', 'begins with mysql:'],
  ['DATABASE_URL', 'postgres://root:hunter2@127.0.0.1:1/app', 'No PostgreSQL server answers at 127.0.0.1:1'],
  ['DATABASE_URL', 'file:a-folder', 'is a folder'],
  ['DATABASE_URL', 'file:notes.txt', 'is not a SQLite database'],
  ['DATABASE_URL', 'file:no/such/folder/app.db', 'does not exist'],
])('%s=%s is one line that says what is wrong', async (name, value, expected) => {
  const folder = await freshFolder()
  await mkdir(join(folder, 'a-folder'))
  await writeFile(join(folder, 'notes.txt'), 'Not a database, and longer than a header would be.')
  const { code, output } = await refusal({ [name]: value }, folder)
  expect([code, oneLine(output)]).toEqual([1, expect.stringContaining(expected)])
  expect(output).not.toContain('hunter2')
  expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toContain('Not a database')
})

test('a folder that takes no writes is one line', async () => {
  const folder = await freshFolder()
  await chmod(folder, 0o500)
  // The administrator may write to every folder but those of the kernel.
  const where = process.getuid?.() === 0 ? { DATABASE_URL: 'file:/sys/app.db' } : {}
  const { code, output } = await refusal(where, folder)
  await chmod(folder, 0o700)
  expect([code, oneLine(output)]).toEqual([
    1,
    expect.stringMatching(/may not read and write|takes no writes/),
  ])
  expect(await readdir(folder)).toEqual([])
})

test("a database with a writer of somebody else's is left alone", async () => {
  const database = { DATABASE_URL: await freshDatabase('sqlite') }
  const started = await start(database)
  await started.stop()
  const { accounts } = await import('gatewright/server')
  const users = await accounts({ database: database.DATABASE_URL })
  const writer = await users.find('writer')
  await users.setPassword(writer?.id ?? '', 'a password of my own')
  const { code, output } = await refusal(database)
  expect([code, oneLine(output)]).toEqual([1, expect.stringContaining('another password')])
  const login = await users.authenticate({ username: 'writer', password: 'a password of my own' })
  expect(login.subject).toBe(writer?.id)
  await users.close()
})

test('a database whose keys are under another secret key is left alone', async () => {
  const database = { DATABASE_URL: await freshDatabase('sqlite') }
  const started = await start({ ...database, GATEWRIGHT_SECRET_KEY: 'x'.repeat(40) })
  await started.stop()
  const { code, output } = await refusal(database)
  expect([code, oneLine(output)]).toEqual([1, expect.stringContaining('set GATEWRIGHT_SECRET_KEY')])
})

/** The output, which must be a single line. */
function oneLine(output: string): string {
  expect(output.trimEnd().split('\n')).toHaveLength(1)
  return output
}
