/** The documentation is true: its code is in the examples, its links lead somewhere, and the README can be followed. */

import { execFile, spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as gatewright from 'gatewright'
import { freshFolder } from '../test/setup/database.ts'
import { freePort } from '../test/setup/free-port.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/*.md'], { cwd: root }).toSorted()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

/** The code of a page, each block with the file that it says it is from. */
function codeOf(page: string) {
  const blocks = [...read(page).matchAll(/(?:<!-- (\S+) -->\n\n)?```(\w+)\n(.*?)\n```/gs)]
  return blocks.map(([, file, language, code]) => ({ file, language, code: code ?? '' }))
}

/** Without what an excerpt may differ in. */
function bare(code: string): string {
  return code.replace(/\s+/g, ' ').trim()
}

test.each(pages)('the code of %s is in a file that is tested', (page) => {
  for (const { file, language, code } of codeOf(page)) {
    if (language !== 'ts') continue
    expect(file, `where is this from?\n${code}`).toBeDefined()
    expect(bare(read(file ?? ''))).toContain(bare(code))
  }
})

test.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  for (const link of links.filter((target) => !/^(https:|#)/.test(target))) {
    expect(existsSync(resolve(root, dirname(page), link.split('#')[0] ?? '')), `${page} → ${link}`).toBe(true)
  }
})

test('the files that the ledgers name exist, and show what they are named for', () => {
  for (const [, file] of read('docs/features.md').matchAll(
    /`((?:src|test|examples|types|mistakes)\/[^`]*)`/g,
  )) {
    expect(existsSync(join(root, file ?? '')), file).toBe(true)
  }
  for (const [line, row, files] of read('docs/security.md').matchAll(/^\| (\d+) +\|.*\| ([^|]+) \|$/gm)) {
    for (const [, file] of (files ?? '').matchAll(/`([^`]+)`/g)) {
      expect(existsSync(join(root, file ?? '')), line).toBe(true)
      expect(read(file ?? ''), `${file} has no test of SECURITY ${row}`).toMatch(
        new RegExp(`SECURITY (\\d+ and )?${row}\\b`),
      )
    }
  }
})

test('the tables of a page are whole, and name nothing twice', () => {
  for (const page of pages) {
    const lines = read(page).split('\n')
    const seen = new Set<string>()
    lines.forEach((line, at) => {
      const inTable = line.startsWith('|')
      const begins = inTable && !(lines[at - 1] ?? '').startsWith('|')
      if (begins) expect(lines[at + 1], `${page}:${String(at + 1)} begins no table`).toMatch(/^\|[ :|-]+\|$/)
      if (begins) seen.clear()
      const name = line.split(' | ')[0]?.trim() ?? ''
      if (inTable && !/^\|[ :|-]*$/.test(name)) {
        expect(seen.has(line.replace(/ +/g, ' ')), `${page}:${String(at + 1)} is there already`).toBe(false)
        if (/(?:features|security)\.md$/.test(page))
          expect(seen.has(name), `${page}: two rows of ${name}`).toBe(false)
      }
      seen.add(line.replace(/ +/g, ' ')).add(name)
    })
  }
})

test('every dependency has its line', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const ledger = read('docs/decisions/dependencies.md')
  const kinds = ['dependencies', 'peerDependencies', 'devDependencies']
  for (const name of kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))) {
    if (!name.startsWith('@types/')) expect(ledger).toContain(`\`${name}\``)
  }
})

test('the names in the table of the README are exported', () => {
  const [, table = ''] = /\| FastAPI +\| gatewright +\|\n(.*?)\n\n/s.exec(readme) ?? []
  const right = table.split('\n').map((line) => line.split(' | ').slice(1).join(' | '))
  const called = right.flatMap((cell) =>
    [...cell.matchAll(/(?<![\w.])([a-z]\w+)\(/gi)].map(([, name]) => name ?? ''),
  )
  const elsewhere = ['accounts', 'function'] // of gatewright/server; a word of the language
  const names = called.filter((name) => !elsewhere.includes(name))
  expect(names.length).toBeGreaterThan(25)
  for (const name of names) expect(gatewright, name).toHaveProperty(name)
})

test('the program of the README runs as it stands, and its commands do what it says', async () => {
  const [program] = codeOf('README.md').filter(({ language }) => language === 'ts')
  const folder = await freshFolder()
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'gatewright'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const port = String(await freePort())
  await writeFile(join(folder, 'items.ts'), program?.code.replaceAll('8000', port) ?? '')
  const child = spawn('node', ['--conditions=gatewright-source', 'items.ts'], {
    cwd: folder,
    stdio: 'inherit',
  })
  try {
    await reachable(`http://localhost:${port}/docs`)
    const curls = codeOf('README.md').find(({ code }) => code.startsWith('curl '))
    const [without = '', login = '', withToken = ''] = curls?.code.replaceAll('8000', port).split('\n') ?? []
    // Nothing else of the page is run here: `npm ci` would empty the folder that this test runs in.
    for (const line of [without, login, withToken]) expect(line).toMatch(/^curl /)
    const sh = async (line: string) => (await promisify(execFile)('sh', ['-c', `${line} -is`])).stdout

    const refused = await sh(without)
    expect(refused).toMatch(/^HTTP\/1.1 401 /)
    expect(refused.toLowerCase()).toContain('www-authenticate: bearer scope="read:items"')

    const token = /"access_token":"([^"]+)"/.exec(await sh(login))?.[1] ?? ''
    const answer = await sh(withToken.replace('<the access_token>', token))
    expect(answer).toMatch(/^HTTP\/1.1 200 .*\[\{"owner":"[^"]+"\}\]$/s)
  } finally {
    child.kill()
    await once(child, 'close')
  }
})

test('the commands of the README exist', () => {
  const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts
  expect(readme).toContain('npm ci && npm start')
  expect(readme).toContain('npm ci && npm test')
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', 'check']))
  expect(readme).toContain('npx node --conditions=gatewright-source examples/items.ts')
})

async function reachable(url: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const isThere = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`Nothing answers at ${url}`)
}
