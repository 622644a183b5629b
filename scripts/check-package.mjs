/**
 * Uses the built package as a stranger would: from a folder of its own, without this repository's source condition.
 * Imports every subpath, runs an application with its docs page, queries of one's own, and the command.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'gatewright-package-'))

try {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'gatewright'), 'dir')
  symlinkSync(join(root, 'node_modules', 'kysely'), join(folder, 'node_modules', 'kysely'), 'dir')
  const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'))
  const imports = subpaths.map((subpath) => `await import('gatewright${subpath.slice(1)}')`)
  writeFileSync(
    join(folder, 'app.mjs'),
    `${imports.join('\n')}
import { api } from 'gatewright'
export const app = api({ title: 'Package' }).get('/', {}, () => 'it works')
const statuses = []
for (const path of ['/', '/docs', '/openapi.json']) statuses.push((await app.request(path)).status)
const page = await (await app.request('/docs')).text()
const script = /src="([^"]+swagger-ui[^"]+)"/.exec(page)?.[1]
statuses.push((await app.request('/' + script)).status)
if (import.meta.main) console.log(statuses.join(' '))
`,
  )
  // The Kysely of the build is compiled in: `sql` and a plugin of the one that users install have to work on it.
  writeFileSync(
    join(folder, 'queries.mjs'),
    `import { openDatabase } from 'gatewright/store'
import { CamelCasePlugin, sql } from 'kysely'
const { kysely, close } = await openDatabase('sqlite::memory:')
await kysely.schema.createTable('posts').addColumn('post_title', 'text', (column) => column.defaultTo(sql\`'none'\`)).execute()
await kysely.insertInto('posts').defaultValues().execute()
const camel = kysely.withPlugin(new CamelCasePlugin())
const [{ postTitle }] = await camel.selectFrom('posts').selectAll().where(sql\`1\`, '=', 1).execute()
const { rows } = await sql\`select count(*) as count from posts\`.execute(kysely)
await close()
console.log(postTitle, rows[0].count)
`,
  )
  const run = (...words) => execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
  assert.equal(run('app.mjs').trim(), '200 200 200 200')
  assert.equal(run('queries.mjs').trim(), 'none 1')
  assert.match(run(join(root, bin.gatewright), 'routes', 'app.mjs'), /GET/)
  console.log(
    `package: ${subpaths.length} subpaths, the docs page, queries of one's own and the command work from the build`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
