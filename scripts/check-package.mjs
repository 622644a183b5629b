/**
 * Uses the built package as a stranger would: from a folder of its own, without this repository's source condition.
 * Imports every subpath, runs an application with its docs page, and the command.
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
  const run = (...words) => execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
  assert.equal(run('app.mjs').trim(), '200 200 200 200')
  assert.match(run(join(root, bin.gatewright), 'routes', 'app.mjs'), /GET/)
  console.log(`package: ${subpaths.length} subpaths, the docs page and the command work from the build`)
} finally {
  rmSync(folder, { recursive: true })
}
