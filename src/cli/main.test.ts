/** The command as it is run from a shell. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Command } from './command.ts'
import { commands, groups } from './commands.ts'
import { helpOf, overview } from './help.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
let folder: string

beforeAll(async () => {
  // A project that has the package installed.
  folder = await mkdtemp(join(tmpdir(), 'gatewright-cli-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules', 'gatewright'))
  await writeFile(join(folder, 'app.ts'), app)
})

afterAll(() => rm(folder, { recursive: true }))

const app = `
import { anyOf, api, apiKey, openIdConnect, optional, passwordBearer, passwordForm, security, stepUp } from 'gatewright'

interface User { readonly id: string; readonly scopes: readonly string[] }
const scopes = { 'read:users': 'Read users' }
const verify = (id: string): User => ({ id, scopes: [] })
const user = passwordBearer({ tokenUrl: 'token', scopes, verify })
const admin = openIdConnect({ issuer: 'https://id.example.com', audience: 'https://api.test', scopes })
const machine = apiKey({ header: 'x-api-key', scopes, verify })

console.log('The module prints something')
setInterval(() => {}, 1000)

export const app = api({ title: 'Looked at' })
  .post('/token', { form: passwordForm }, () => 'token')
  .get('/users', { caller: security(anyOf(user, machine), ['read:users']) }, () => [])
  .get('/users/me', { user }, ({ user }) => user.id)
  .get('/feed', { user: optional(user) }, () => [])
  .get('/admin', { admin: stepUp(security(admin, ['read:users']), { acr: ['mfa'], maxAge: 60 }) }, () => [])
`

async function gatewright(...parameters: readonly string[]) {
  const child = spawn('node', ['--conditions=gatewright-source', main, ...parameters], { cwd: folder })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

test('openapi prints the document of a TypeScript module, and nothing else', async () => {
  const { code, stdout } = await gatewright('openapi', 'app.ts')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Looked at' },
    paths: { '/users/me': { get: { security: [{ OAuth2PasswordBearer: [] }] } } },
  })
})

test('openapi writes it to a file', async () => {
  expect(await gatewright('openapi', 'app.ts', '--output', 'openapi.json')).toMatchObject({
    code: 0,
    stdout: '',
  })
  const document = await readFile(join(folder, 'openapi.json'), 'utf8')
  expect(document).toBe((await gatewright('openapi', 'app.ts')).stdout)
})

test('routes shows what each route needs, and which are open', async () => {
  const { code, stdout } = await gatewright('routes', 'app.ts')
  expect(code).toBe(0)
  expect(stdout).toBe(
    `METHOD  PATH       NEEDS
POST    /token     open
GET     /users     OAuth2PasswordBearer(read:users) or APIKeyHeader(read:users)
GET     /users/me  OAuth2PasswordBearer
GET     /feed      open or OAuth2PasswordBearer
GET     /admin     OpenIdConnect(read:users; acr mfa, at most 60 s ago)

5 routes, 2 open to anybody
`,
  )
})

test('routes prints the same as JSON', async () => {
  const { stdout } = await gatewright('routes', 'app.ts', '--json')
  expect(JSON.parse(stdout)).toContainEqual({
    method: 'GET',
    path: '/users',
    isOpen: false,
    security: [{ OAuth2PasswordBearer: ['read:users'] }, { APIKeyHeader: ['read:users'] }],
  })
})

test('help and version go to standard output', async () => {
  const help = await gatewright('--help')
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toContain('  openapi <module>')
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  expect(await gatewright('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})

test.each([
  [[], 'say what to do'],
  [['--pretty', 'openapi'], 'the command comes first, not --pretty'],
  [['serv'], 'no command "serv"; did you mean serve?'],
  [['serve'], 'serve needs a module'],
  [['serve', 'app.ts', '--port', '80a'], '--port is a whole number from 0 to 65535, not "80a"'],
  [['clients'], 'say what to do with clients: add, list, show, rotate-secret, remove'],
  [['clients', 'ad'], 'no command "clients ad"; did you mean add?'],
  [['clients', 'list'], 'say where: --server <module> or --database <url>'],
  [['clients', 'list', '--server', 'a.ts', '--database', 'file:a.db'], '--server or --database, not both'],
  [['clients', 'list', '--server', 'a.ts', '--issuer', 'https://a.test'], 'a server has its own'],
  [['clients', 'show', '--database', 'file:a.db'], 'clients show needs an id'],
  [['clients', 'add', '--redirect-ur', 'x'], 'has no option --redirect-ur; did you mean --redirect-uri?'],
  [['clients', 'add', '--grant-type', 'implicit', '--database', 'file:a.db'], 'is one of authorization_code'],
  [['clients', 'add', '--auth-method', 'magic', '--database', 'file:a.db'], 'is one of client_secret_basic'],
  [['clients', 'add', '--public', '--auth-method', 'private_key_jwt'], '--public is --auth-method none'],
  [['clients', 'rotate-secret', 'x', '--overlap', '-1'], 'overlap'],
  [
    ['users', 'list', '--limit', 'all', '--database', 'file:a.db'],
    '--limit is a whole number from 1 to 1000',
  ],
  [
    ['clients', 'rotate-secret', 'x', '--overlap=-1', '--database', 'file:a.db'],
    '--overlap is a whole number',
  ],
  [['users', 'add', 'alice', '--password', 'x'], 'users add has no option --password; did you mean'],
  [['conformance'], '--database <url>'],
  [['conformance', '--database', 'sqlite::memory:'], 'the races need several'],
  [['openapi'], 'needs a module'],
  [['openapi', 'a.ts', 'b.ts'], 'one module, not 2'],
  [['openapi', 'app.ts', '--pretty'], 'openapi has no option --pretty'],
  [['openapi', 'app.ts', '--json'], 'openapi has no option --json'],
  [['routes', 'app.ts', '-o', 'x'], 'routes has no option -o'],
  [['openapi', 'app.ts', '--output'], "'-o, --output <value>' argument missing"],
] as const)('what was not asked rightly is one line and exit code 2: %j', async (parameters, expected) => {
  const { code, stdout, stderr } = await gatewright(...parameters)
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(expected)])
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test.each([
  ['missing.ts', undefined, 'there is no file missing.ts'],
  ['none.ts', 'export const server = 1', 'none.ts exports no application'],
  ['broken.ts', 'throw new Error("SECRET is not set")', 'broken.ts could not be loaded: SECRET is not set'],
  ['syntax.ts', 'export const = 1', 'syntax.ts could not be loaded'],
  ['import.ts', 'import "not-installed"', 'import.ts could not be loaded'],
])('what cannot be done is one line and exit code 1: %s', async (file, text, expected) => {
  if (text !== undefined) await writeFile(join(folder, file), text)
  const { code, stdout, stderr } = await gatewright('routes', file)
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(expected)])
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('every command has a help that fits a terminal', async () => {
  const overall = overview(groups)
  expect(commands.size).toBeGreaterThan(15)
  for (const [words, command] of commands) {
    expect(overall).toContain(`\n  ${words}`)
    const [prose = ''] = helpOf(command).split('\nExamples\n')
    expect(prose).toContain(`\nUsage\n  gatewright ${words}`)
    expect(Math.max(...prose.split('\n').map((line) => line.length))).toBeLessThanOrEqual(92)
  }
  expect(Math.max(...overall.split('\n').map((line) => line.length))).toBeLessThanOrEqual(92)
  const [one, group] = await Promise.all([
    gatewright('clients', 'add', 'x', '--help'),
    gatewright('clients', '-h'),
  ])
  expect(one).toMatchObject({ code: 0, stderr: '', stdout: helpOf(commands.get('clients add') as Command) })
  expect(group).toMatchObject({ code: 0, stderr: '' })
  expect(group.stdout).toContain('\n  clients rotate-secret <id>')
})

test('a file that cannot be written is one line and exit code 1', async () => {
  const { code, stderr } = await gatewright('openapi', 'app.ts', '--output', 'no/such/folder.json')
  expect([code, stderr.split('\n').at(-2)]).toEqual([
    1,
    'gatewright: no/such/folder.json cannot be written (ENOENT)',
  ])
})
