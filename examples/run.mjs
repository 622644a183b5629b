// Runs an example by its name: npm run example authorization-code

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const [name = ''] = process.argv.slice(2)
const file = [`${name}/main.ts`, `${name}.ts`]
  .map((path) => join(import.meta.dirname, path))
  .find((path) => /^[\w-]+$/.test(name) && existsSync(path))
if (file === undefined) {
  console.error('Which one? For example: npm run example authorization-code')
  process.exitCode = 1
} else {
  spawn(process.execPath, ['--conditions=gatewright-source', file], { stdio: 'inherit' })
}
