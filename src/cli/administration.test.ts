/** Clients, users, keys and tables from the command line, as processes beside a server that runs. */

import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { adminScopes, authorizationServer } from 'gatewright/server'
import { dialects, freshDatabase, freshFolder } from '../../test/setup/database.ts'
import { migrationIds } from '../../test/setup/migration-ids.ts'

// A test is a dozen processes, one after the other.
vi.setConfig({ testTimeout: 240_000 })

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const issuer = 'http://localhost:8000'
const scopes = { read: 'Read', write: 'Write' }
const inOptions = { id: 'built-in', secret: 'a-secret-of-the-options-0123456789' }
let folder: string

beforeAll(async () => {
  folder = await freshFolder()
  await mkdir(join(folder, 'node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules', 'gatewright'))
})

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(
  parameters: readonly string[],
  more: { input?: string; secretKey?: string; url?: string } = {},
) {
  const child = spawn('node', ['--conditions=gatewright-source', main, ...parameters], {
    cwd: folder,
    env: { ...process.env, GATEWRIGHT_SECRET_KEY: more.secretKey ?? '', DATABASE_URL: more.url ?? '' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin.end(more.input ?? '')
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr } satisfies Run
}

function expectFailure({ code, stdout, stderr }: Run, text: string): void {
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(text)])
  const said = stderr.trimEnd().split('\n')
  expect(said.filter((line) => line !== 'The module prints something')).toHaveLength(1)
}

const parsed = ({ stdout }: Run): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>
const secretIn = (text: string): string => /gws_[\w-]+/.exec(text)?.[0] ?? ''

describe.each(dialects)('on %s', (dialect) => {
  let url: string
  let place: readonly string[]
  let byModule: readonly string[]
  let server: ReturnType<typeof authorizationServer<typeof scopes>>

  beforeAll(async () => {
    url = await freshDatabase(dialect)
    place = ['--database', url]
    const module = `${dialect}.ts`
    byModule = ['--server', module]
    const options = { issuer, database: url, scopes, clients: [inOptions] }
    await writeFile(
      join(folder, module),
      `import { adminScopes, authorizationServer } from 'gatewright/server'
console.log('The module prints something')
setInterval(() => {}, 1000)
export const server = authorizationServer(${JSON.stringify(options)})
`,
    )
    server = authorizationServer(options)
  })
  afterAll(() => server.close())

  async function token(id: string, secret: string, form: Readonly<Record<string, string>> = {}) {
    const answer = await server.app.request(`${issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${id}:${secret}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }

  /** Logs somebody in without a page, and answers the tokens. */
  async function logIn(username: string, clientId: string, secret: string) {
    const { interaction, accounts } = await server.open()
    const account = await accounts.find(username)
    const verifier = randomBytes(32).toString('base64url')
    const pending = await interaction.begin([
      ['response_type', 'code'],
      ['client_id', clientId],
      ['redirect_uri', 'https://app.test/cb'],
      ['code_challenge', createHash('sha256').update(verifier).digest('base64url')],
      ['code_challenge_method', 'S256'],
    ])
    const { location } = await interaction.approve(pending, {
      subject: account?.id ?? '',
      authTime: Date.now(),
    })
    const code = new URL(location).searchParams.get('code') ?? ''
    const { body } = await token(clientId, secret, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
    })
    expect(body['refresh_token']).toMatch(/^gwr_/)
    return body['refresh_token'] ?? ''
  }

  test('migrate brings the tables, however many do it at once', async () => {
    const [one, other] = await Promise.all([
      run(['migrate', ...place, '--json']),
      run(['migrate', ...place, '--json']),
    ])
    const applied = [one, other].flatMap((each) => parsed(each)['applied'] as string[])
    expect([...new Set(applied)].toSorted()).toEqual(migrationIds)
    expect(await run(['migrate'], { url })).toMatchObject({ code: 0, stdout: 'The tables are up to date.\n' })
    expect(await run(['migrate', ...byModule])).toMatchObject({
      code: 0,
      stdout: 'The tables are up to date.\n',
    })
  })

  test('a client that was added gets tokens with its secret, which is shown once', async () => {
    const given = ['--name', 'Nightly', '--client-credentials-scope', 'read']
    const added = await run(['clients', 'add', 'nightly', ...given, ...place])
    expect(added).toMatchObject({ code: 0, stderr: '' })
    const secret = secretIn(added.stdout)
    expect((await token('nightly', secret)).body).toMatchObject({ scope: 'read' })
    const shown = await Promise.all([
      run(['clients', 'show', 'nightly', ...place]),
      run(['clients', 'show', 'nightly', '--json', ...place]),
      run(['clients', 'list', '--json', ...byModule]),
    ])
    expect(shown.map(({ code }) => code)).toEqual([0, 0, 0])
    const hash = createHash('sha256').update(secret).digest('base64url')
    for (const { stdout } of shown) {
      expect(stdout).toContain('Nightly')
      expect(stdout).not.toContain(secret.slice(4))
      expect(stdout).not.toContain(hash)
    }
    expectFailure(await run(['clients', 'add', 'nightly', ...place]), 'there is a client "nightly" already')
  })

  test('the options are the metadata of RFC 7591', async () => {
    await writeFile(
      join(folder, 'keys.json'),
      '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
    )
    const told =
      '--json --name Full --first-party --jwks keys.json --redirect-uri https://a.test/cb --redirect-uri https://a.test/other' +
      ` --grant-type authorization_code --grant-type device_code --introspects ${issuer}`
    const added = await run([
      'clients',
      'add',
      'full',
      ...told.split(' '),
      '--scope',
      'read write',
      ...byModule,
    ])
    expect(added).toMatchObject({ code: 0, stderr: 'The module prints something\n' })
    expect(parsed(added)).toMatchObject({
      client_id: 'full',
      client_name: 'Full',
      redirect_uris: ['https://a.test/cb', 'https://a.test/other'],
      scope: 'read write',
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: 'OKP' }] },
      first_party: true,
      introspects: [issuer],
      secrets: [],
    })
    expect(parsed(added)).not.toHaveProperty('client_secret')
    const native = await run([
      'clients',
      'add',
      '--json',
      '--public',
      '--native',
      '--redirect-uri',
      'com.example.app:/cb',
      ...place,
    ])
    expect(parsed(native)).toMatchObject({
      client_id: expect.stringMatching(/^[\w-]{22}$/) as string,
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    })
    expectFailure(
      await run(['clients', 'add', 'bad', '--redirect-uri', 'http://a.test/cb', ...place]),
      'the client bad cannot be',
    )
    expectFailure(
      await run(['clients', 'add', 'bad', '--scope', 'raed', ...byModule]),
      'the client bad cannot be',
    )
    expectFailure(await run(['clients', 'show', 'bad', ...place]), 'there is no client "bad"')
  })

  test('after a rotation both secrets work, with --overlap 0 the new one alone', async () => {
    const first = secretIn(
      (await run(['clients', 'add', 'turning', '--client-credentials-scope', 'read', ...place])).stdout,
    )
    const second = secretIn((await run(['clients', 'rotate-secret', 'turning', ...place])).stdout)
    expect((await token('turning', first)).status).toBe(200)
    expect((await token('turning', second)).status).toBe(200)
    const third = parsed(
      await run(['clients', 'rotate-secret', 'turning', '--overlap', '0', '--json', ...place]),
    )
    expect((await token('turning', second)).status).toBe(401)
    expect((await token('turning', String(third['client_secret']))).status).toBe(200)
    await server.open()
    expectFailure(
      await run(['clients', 'rotate-secret', 'built-in', ...place]),
      'is in the options of the server',
    )
    expect((await token('built-in', inOptions.secret)).status).toBe(200)
  })

  test('a client that was removed gets nothing any more', async () => {
    const secret = secretIn(
      (await run(['clients', 'add', 'leaving', '--client-credentials-scope', 'read', ...place])).stdout,
    )
    expect((await token('leaving', secret)).status).toBe(200)
    expect(await run(['clients', 'remove', 'leaving', ...byModule])).toMatchObject({
      code: 0,
      stdout: 'Removed the client leaving.\n',
    })
    expect((await token('leaving', secret)).status).toBe(401)
    expectFailure(await run(['clients', 'remove', 'leaving', ...place]), 'there is no client "leaving"')
  })

  test('a password is made and shown once, or comes by standard input; it logs in', async () => {
    const { accounts } = await server.open()
    const added = parsed(
      await run(['users', 'add', 'ada', '--scope', 'read', '--name', 'Ada', '--json', ...byModule]),
    )
    const password = String(added['password'])
    expect(await accounts.authenticate({ username: 'ada', password })).toMatchObject({ scopes: ['read'] })
    const typed = 'correct horse battery staple'
    const piped = await run(['users', 'add', 'bob', '--password-stdin', ...place], { input: `${typed}\n` })
    expect(piped.code).toBe(0)
    expect(piped.stdout).not.toContain(typed)
    await accounts.authenticate({ username: 'bob', password: typed })
    const listed = await run(['users', 'list', ...place])
    expect(listed.stdout).toMatch(/ada +Ada +read[\s\S]*bob[\s\S]*\n2 accounts\n$/)
    expectFailure(await run(['users', 'add', 'ada', ...place]), 'username is taken')
    expectFailure(await run(['users', 'add', 'eve', '--password-stdin', ...place]), 'no password came in')
    expectFailure(
      await run(['users', 'add', 'eve', '--password-stdin', ...place], { input: 'short' }),
      'at least 15',
    )
    expectFailure(await run(['users', 'add', 'eve', '--scope', 'raed', ...byModule]), 'scope')
    expect(await accounts.find('eve')).toBeUndefined()
  })

  test('an administrator comes from here, where there is an administration', async () => {
    const { accounts } = await server.open()
    // This server has none.
    expectFailure(await run(['users', 'add', 'root', '--admin', ...byModule]), 'scope')
    expect(await accounts.find('root')).toBeUndefined()
    const added = await run(['users', 'add', 'root', '--admin', '--scope', 'read', '--json', ...place])
    expect(parsed(added)['scopes']).toEqual(['read', ...Object.keys(adminScopes)])
    expect((await run(['users', 'remove', 'root', ...place])).code).toBe(0)
  })

  test('another password, disabling and removing end every session', async () => {
    const { accounts } = await server.open()
    const given = [
      '--redirect-uri',
      'https://app.test/cb',
      '--grant-type',
      'authorization_code refresh_token',
    ]
    const secret = secretIn((await run(['clients', 'add', 'app', ...given, ...place])).stdout)
    const password = String(parsed(await run(['users', 'add', 'carol', '--json', ...place]))['password'])
    const refresh = (value: string) =>
      token('app', secret, { grant_type: 'refresh_token', refresh_token: value })

    const first = await logIn('carol', 'app', secret)
    const other = parsed(await run(['users', 'set-password', 'carol', '--json', ...place]))
    expect((await refresh(first)).body['error']).toBe('invalid_grant')
    await expect(accounts.authenticate({ username: 'carol', password })).rejects.toThrow('Incorrect')
    await accounts.authenticate({ username: 'carol', password: String(other['password']) })
    // SECURITY 219: whoever runs the command knows it now, unless they say that it is carol's own.
    const mustChange = async () => (await accounts.find('carol'))?.mustChangePassword === true
    expect(await mustChange()).toBe(true)
    const own = { input: `${password}\n` }
    await run(['users', 'set-password', 'carol', '--keep-password', '--password-stdin', ...place], own)
    expect(await mustChange()).toBe(false)
    expect(await run(['users', 'expire-password', 'carol', ...place])).toMatchObject({
      code: 0,
      stdout: 'The password of carol opens nothing until it is changed.\n',
    })
    expect(await mustChange()).toBe(true)

    const second = await logIn('carol', 'app', secret)
    expect(await run(['users', 'disable', 'carol', ...place])).toMatchObject({
      code: 0,
      stdout: 'Disabled carol.\n',
    })
    expect((await run(['users', 'list', ...place])).stdout).toMatch(/carol +disabled/)
    expect(await run(['users', 'enable', 'carol', ...place])).toMatchObject({ code: 0 })
    // What was ended stays so; a new login is good.
    expect((await refresh(second)).body['error']).toBe('invalid_grant')
    const third = await logIn('carol', 'app', secret)
    expect(await run(['users', 'remove', 'carol', ...place])).toMatchObject({ code: 0 })
    expect((await refresh(third)).body['error']).toBe('invalid_grant')
    expectFailure(await run(['users', 'remove', 'carol', ...place]), 'there is no account "carol"')
  })

  test('whoever has lost every second factor gets them taken away', async () => {
    const { accounts, store } = await server.open()
    const { id } = await accounts.create({ username: 'dora', password: 'correct horse battery staple' })
    const factor = {
      subject: id,
      kind: 'totp',
      name: 'Phone',
      data: 'sealed',
      counter: 1,
      createdAt: Date.now(),
    } as const
    for (const [index, where] of [place, byModule].entries()) {
      await store.addAuthenticator({ ...factor, id: `dora-${index}` })
      const done = await run(['users', 'reset-factors', 'dora', ...where])
      expect(done).toMatchObject({ code: 0, stdout: 'Took the second factors of dora away.\n' })
      expect(await store.listAuthenticators(id)).toEqual([])
    }
    const log = await store.listAudit({ type: 'account.factors_reset', limit: 9 })
    expect(log.map(({ subject }) => subject)).toEqual([id, id])
    expectFailure(await run(['users', 'reset-factors', 'nobody', ...place]), 'there is no account "nobody"')
    await accounts.remove(id)
  })

  test('keys are listed without what is private, rotated and removed', async () => {
    await server.open()
    const listed = await run(['keys', 'list', '--json', ...place])
    const before = JSON.parse(listed.stdout) as { alg: string; state: string }[]
    expect(before.filter(({ alg, state }) => alg === 'ES256' && state === 'signs')).toHaveLength(1)
    expect(listed.stdout).not.toMatch(/"d"|private/)
    const rotated = parsed(await run(['keys', 'rotate', '--json', ...byModule]))
    expect(rotated).toMatchObject({ alg: 'ES256', state: 'next' })
    expect((await run(['keys', 'list', ...place])).stdout).toMatch(/ signs [\s\S]* next /)
    const kid = String(rotated['kid'])
    expect(await run(['keys', 'remove', kid, ...place, '--issuer', issuer])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect((await run(['keys', 'list', ...place])).stdout).not.toContain(kid)
    expectFailure(await run(['keys', 'remove', kid, ...byModule]), 'there is no key')
    expectFailure(
      await run(['keys', 'rotate', ...place, '--issuer', 'https://auth.test']),
      'GATEWRIGHT_SECRET_KEY',
    )
    const secretKey = 'another-secret-key-0123456789-0123456789'
    expectFailure(
      await run(['keys', 'rotate', ...place, '--issuer', 'https://auth.test'], { secretKey }),
      'encrypted with another secret key',
    )
    expect(JSON.parse((await run(['keys', 'list', '--json', ...place])).stdout)).toHaveLength(before.length)
  })
})

test.each([
  [['--server', 'none.ts'], 'there is no file none.ts'],
  [['--server', 'plain.ts'], 'plain.ts exports no authorization server'],
  [['--server', 'far.ts'], 'set the environment variable GATEWRIGHT_SECRET_KEY'],
  [['--database', 'mysql://root:hidden@db/x'], 'the database URL begins with mysql:'],
  [['--database', 'postgres://root:hidden@127.0.0.1:1/x'], 'no PostgreSQL server answers'],
])('a place that cannot be used is one line and exit code 1: %j', async (place, expected) => {
  await writeFile(join(folder, 'plain.ts'), 'export const server = {}')
  await writeFile(
    join(folder, 'far.ts'),
    `import { adminScopes, authorizationServer } from 'gatewright/server'
export const server = authorizationServer({ issuer: 'https://auth.test', database: 'file:far.db', scopes: {} })`,
  )
  const failure = await run(['clients', 'list', ...place])
  expectFailure(failure, expected)
  expect(failure.stderr).not.toContain('hidden')
})
