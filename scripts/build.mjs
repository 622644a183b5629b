/**
 * Builds `dist/`: declarations file by file, and the code of each entry point with what several share in chunks.
 * With a file for each module, a process that imports `gatewright/server` needs 12 MiB more and starts later.
 * Dependencies stay outside: users see them in their own tree, and take their updates without us. All but one:
 * Kysely comes in 255 files, and reading them costs a starting server 18 MiB and a third of its time. What is used of it
 * is compiled in, at the version of the lock file; it stays a dependency for its types and for queries of one's own.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const { exports, bin, dependencies, peerDependencies } = JSON.parse(
  readFileSync(`${root}package.json`, 'utf8'),
)

rmSync(`${root}dist`, { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' })

const outputs = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)]
const names = outputs
  .filter((path) => path !== undefined)
  .map((path) => path.replace(/^\.\/dist\/|\.js$/g, ''))
const compiledIn = ['kysely']
const outside = [...Object.keys(dependencies), ...Object.keys(peerDependencies)].filter(
  (name) => !compiledIn.includes(name),
)

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  external: (id) =>
    id.startsWith('node:') || outside.some((name) => id === name || id.startsWith(`${name}/`)),
  treeshake: { moduleSideEffects: false },
  tsconfig: 'tsconfig.build.json',
  onLog(level, log, handler) {
    if (level === 'warn') throw new Error(log.message)
    handler(level, log)
  },
})
await bundle.write({
  dir: 'dist',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  sourcemap: true,
  // The declarations keep the comments. One letter beyond Latin-1 makes V8 hold a whole file with two bytes for each letter.
  comments: { jsdoc: false },
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
})
await bundle.close()
for (const name of compiledIn) {
  cpSync(`${root}node_modules/${name}/LICENSE`, `${root}dist/licenses/${name}.txt`)
}
