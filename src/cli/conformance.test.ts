/** `gatewright conformance`, compiled as it is packaged, on real databases: what it prints, what it leaves, what it refuses. */

import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { accounts } from 'gatewright/server'
import { openDatabase } from 'gatewright/store'
import { dialects, freshDatabase, freshFolder } from '../../test/setup/database.ts'
import { accountStoreConformance, accountTokenConformance } from '../store/conformance.ts'
import { grantStoreConformance } from '../store/grant-conformance.ts'
import { ourTables } from './our-tables.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const all = accountStoreConformance.length + accountTokenConformance.length + grantStoreConformance.length
/** Milliseconds: what is written is on the disk before the next step, and disks differ. */
const patience = 300_000
let folder: string

beforeAll(async () => {
  folder = await freshFolder()
  await cp(join(root, 'package.json'), join(folder, 'package.json'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const parameters = [
    '-p',
    'tsconfig.build.json',
    '--outDir',
    join(folder, 'dist'),
    '--noCheck',
    '--declaration',
    'false',
  ]
  const alone = ['--declarationMap', 'false', '--isolatedDeclarations', 'false']
  await promisify(execFile)(process.execPath, [compiler, ...parameters, ...alone], { cwd: root })
})

const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

async function conformance(...parameters: readonly string[]) {
  const child = spawn('node', [join(folder, 'dist', 'cli', 'main.js'), 'conformance', ...parameters], {
    cwd: folder,
  })
  running.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

async function tablesIn(url: string): Promise<readonly string[]> {
  await using database = await openDatabase({ url, connectTimeout: 60 })
  return await ourTables(database) // before it is closed
}

describe.each(dialects)('on %s', (dialect) => {
  test('every promise is kept, and the database is as empty as before', { timeout: patience }, async () => {
    const url = await freshDatabase(dialect)
    const { code, stdout, stderr } = await conformance('--database', url)
    expect([code, stderr, stdout.match(/^ {2}FAIL .*$/gm)]).toEqual([0, '', null])
    expect(stdout).toContain('  ok    of many simultaneous removals, exactly one succeeds\n')
    expect(stdout.match(/^ {2}ok {4}/gm)).toHaveLength(all)
    expect(stdout).toMatch(new RegExp(`\\n${all} of ${all} promises kept, in \\d+ s\\n$`))
    expect(stdout).not.toContain('SECURITY')
    expect(await tablesIn(url)).toEqual([])
  })

  test('a database that is in use is refused, and nothing in it changes', async () => {
    const url = await freshDatabase(dialect)
    await using users = await accounts({ database: url })
    await users.create({ username: 'alice', password: 'correct horse battery staple' })
    const { code, stdout, stderr } = await conformance('--database', url)
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('--dangerously-erase')])
    expect(await users.list()).toHaveLength(1)
  })
})

test(
  'a promise that is not kept is told with its reason and exit code 1; tables that were there stay, empty',
  { timeout: patience },
  async () => {
    const url = await freshDatabase('sqlite')
    await using database = await openDatabase(url)
    await using users = await accounts({ database })
    await users.create({ username: 'alice', password: 'correct horse battery staple' })
    // A database that forgets: what was disabled is not.
    await sql`create trigger forgets after update on gatewright_accounts when new.disabled = 1
      begin update gatewright_accounts set disabled = 0 where id = new.id; end`.execute(database.kysely)
    const { code, stdout, stderr } = await conformance('--database', url, '--dangerously-erase', '--json')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^gatewright: \d+ of \d+ promises kept, in \d+ s\n$/)
    const { kept, of, promises } = JSON.parse(stdout) as { kept: number; of: number; promises: unknown[] }
    expect([of, promises.length]).toEqual([all, all])
    expect(kept).toBeLessThan(all)
    expect(promises).toContainEqual({
      suite: 'Accounts',
      name: expect.stringMatching(/^an update changes what it names/) as string,
      isKept: false,
      reason: expect.stringMatching(/\S/) as string,
    })
    expect(await users.list()).toEqual([])
  },
)
