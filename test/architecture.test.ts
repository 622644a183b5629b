/** Who may import whom: the folders are the architecture, and a folder imports only from lower ones. */

import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

/** What each folder may import besides itself: folders, or single files. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  crypto: [],
  protocol: ['crypto/hash.ts', 'crypto/equal.ts'],
  store: ['protocol'],
  http: ['protocol'],
  verify: ['crypto', 'protocol', 'http'],
  api: ['protocol', 'http', 'verify'],
  server: ['crypto', 'protocol', 'store', 'http', 'verify', 'api'],
  federation: [
    'crypto',
    'protocol',
    'store',
    'http',
    'verify',
    'api',
    'server/federation',
    'server/interaction/pages.ts',
    'server/interaction/sign-in-page.ts',
    'server/rate-limits.ts',
  ],
  pages: ['http/html.ts', 'server/interaction'],
  cli: ['crypto', 'protocol', 'store', 'http', 'verify', 'api', 'server', 'federation', 'pages'],
}

/** Packages with one place each: everything else knows only what that place makes of them. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  srvx: ['http/listen.ts'],
  crossws: ['http/listen.ts'],
  'node:sqlite': ['store/sqlite.ts'],
  pg: ['store/postgres.ts'],
  rou3: ['http/router.ts'],
  '@remix-run/multipart-parser': ['http/multipart.ts'],
  '@node-rs/argon2': ['crypto/argon2.ts'],
  '@node-rs/bcrypt': ['crypto/bcrypt.ts'],
  otpauth: ['crypto/totp.ts'],
  '@simplewebauthn/server': ['server/factors/passkeys.ts'],
  uqr: ['server/factors/qr-code.ts'],
  kysely: ['store/'],
  '@standard-schema/spec': ['api/schema.ts'],
  express: [],
  fastify: [],
  hono: [],
}

/** Optional packages: an application without them must start all the same. */
const onlyDynamically: readonly string[] = [
  'pg',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  '@simplewebauthn/server',
  'node:sqlite',
  'oauth4webapi',
  // Always installed, and loaded for one page, and for the first form with files.
  'uqr',
  '@remix-run/multipart-parser',
]

/** What would make a pure function depend on when or where it runs. */
const impure: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['the clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bprocess\.hrtime\b/],
  ['randomness', /\bMath\.random\b|\bgetRandomValues\b|\brandom(?:Bytes|UUID|Int)\b/],
  ['the environment', /\bprocess\.\w+|\bglobalThis\b/],
  ['the network', /\bfetch\(|\bnew Request\b|\bnew Response\b/],
  ['timers', /\bset(?:Timeout|Interval|Immediate)\b/],
]

const source = join(import.meta.dirname, '../src')

interface Import {
  readonly specifier: string
  readonly isType: boolean
  readonly isDynamic: boolean
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .toSorted()

const texts = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]))

/** The code without its comments, which may name anything. */
function codeOf(file: string): string {
  return (texts.get(file) ?? '').replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

function importsOf(file: string): readonly Import[] {
  const code = codeOf(file)
  const fixed = code.matchAll(
    /^\s*(?:import|export)\b(?<what>[^;'"]*?)\bfrom\s*['"](?<specifier>[^'"]+)['"]/gm,
  )
  const bare = code.matchAll(/^\s*import\s*['"](?<specifier>[^'"]+)['"]/gm)
  const dynamic = code.matchAll(/(?<before>typeof\s+)?\bimport\(\s*['"](?<specifier>[^'"]+)['"]\s*\)/g)
  return [
    ...[...fixed, ...bare].map(({ groups }) => ({
      specifier: groups?.['specifier'] ?? '',
      isType: isTypeOnly(groups?.['what'] ?? ''),
      isDynamic: false,
    })),
    ...[...dynamic].map(({ groups }) => ({
      specifier: groups?.['specifier'] ?? '',
      isType: groups?.['before'] !== undefined,
      isDynamic: true,
    })),
  ]
}

/** `import type { … }`, or braces in which every name says so. */
function isTypeOnly(what: string): boolean {
  const names = /\{([^}]*)\}/.exec(what)?.[1]
  return (
    /^\s*type\b/.test(what) ||
    (names !== undefined &&
      names
        .split(',')
        .filter((name) => name.trim() !== '')
        .every((name) => /^\s*type\s/.test(name)))
  )
}

/** The file of ours that is imported, relative to `src`. */
function target(file: string, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return relative(source, join(source, dirname(file), specifier))
    .split(sep)
    .join('/')
}

/** `@scope/name` or `name`, without what comes after. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '')

test('every folder has a rule, and only the entries lie outside of them', () => {
  const known = Object.keys(mayImport)
  expect(
    [...new Set(files.map(folderOf))].filter((folder) => folder !== '' && !known.includes(folder)),
  ).toEqual([])
  expect(files.filter((file) => folderOf(file) === '')).toEqual(['index.ts', 'server.ts', 'sign-in.ts'])
})

test('the rules themselves allow no circle: a folder stands on lower ones only', () => {
  const order = Object.keys(mayImport)
  for (const [folder, allowed] of Object.entries(mayImport)) {
    for (const other of allowed.map(folderOfRule)) {
      expect([folder, other, order.indexOf(other) < order.indexOf(folder)]).toEqual([folder, other, true])
    }
  }
})

test.each(Object.keys(mayImport).filter((folder) => files.some((file) => folderOf(file) === folder)))(
  '%s imports only what it may',
  (folder) => {
    const allowed = [folder, ...(mayImport[folder] ?? [])]
    const wrong = files
      .filter((file) => folderOf(file) === folder)
      .flatMap((file) =>
        importsOf(file)
          .map((each) => target(file, each))
          .filter((other) => other !== undefined && !allowed.some((rule) => isWithin(other, rule)))
          .map((other) => `${file} → ${other}`),
      )
    expect(wrong).toEqual([])
  },
)

test('no file imports itself through others: types may refer to each other, code may not', () => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ isType, isDynamic }) => !isType && !isDynamic)
        .flatMap((each) => target(file, each) ?? []),
    ]),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, above: readonly string[]): void => {
    if (above.includes(file)) circles.push([...above.slice(above.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    done.add(file)
    for (const next of graph.get(file) ?? []) visit(next, [...above, file])
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test.each(Object.entries(onlyIn))('%s is imported only in %o', (name, places) => {
  const wrong = files.filter(
    (file) =>
      importsOf(file).some(({ specifier, isType }) => packageOf(specifier) === name && !isType) &&
      !places.some((place) => file === place || (place.endsWith('/') && file.startsWith(place))),
  )
  expect(wrong).toEqual([])
})

test.each(onlyDynamically)('%s is loaded only when it is needed', (name) => {
  const wrong = files.filter((file) =>
    importsOf(file).some(
      ({ specifier, isType, isDynamic }) => packageOf(specifier) === name && !isType && !isDynamic,
    ),
  )
  expect(wrong).toEqual([])
})

test.each(impure)('protocol is pure: it does not know %s', (_, pattern) => {
  const wrong = files.filter((file) => file.startsWith('protocol/') && pattern.test(codeOf(file)))
  expect(wrong).toEqual([])
})

test('protocol reaches the platform only through crypto', () => {
  const wrong = files
    .filter((file) => file.startsWith('protocol/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !specifier.startsWith('.'))
        .map(({ specifier }) => `${file} → ${specifier}`),
    )
  expect(wrong).toEqual([])
})

test('what comes from Node says so', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => !specifier.startsWith('node:') && builtinModules.includes(specifier))
      .map(({ specifier }) => `${file} → ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('every package that is imported is one that is installed with ours', () => {
  const manifest = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as Record<
    string,
    Readonly<Record<string, string>>
  >
  const known = { ...manifest['dependencies'], ...manifest['peerDependencies'] }
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(
        ({ specifier, isType }) => !specifier.startsWith('.') && !specifier.startsWith('node:') && !isType,
      )
      .filter(({ specifier }) => !(packageOf(specifier) in known))
      .map(({ specifier }) => `${file} → ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('nothing ends in a default export, and every file opens with what lives there', () => {
  expect(files.filter((file) => /^export default\b/m.test(codeOf(file)))).toEqual([])
  expect(files.filter((file) => !/^(?:#![^\n]*\n)?\/\*\*/.test(texts.get(file) ?? ''))).toEqual([])
})

/** Whether a file is what a rule names, or lies within it. */
function isWithin(file: string, rule: string): boolean {
  return file === rule || file === `${rule}.ts` || file.startsWith(`${rule}/`)
}

function folderOfRule(rule: string): string {
  return rule.split('/')[0] ?? ''
}
