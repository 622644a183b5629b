/** Runs every test from source: `gatewright` and its subpaths resolve to `src/`. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { Tally } from './test/setup/tally.ts'

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string | { 'gatewright-source': string }>
}

const alias = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : [
        {
          find: new RegExp(`^gatewright${subpath.slice(1)}$`),
          replacement: fileURLToPath(new URL(target['gatewright-source'], import.meta.url)),
        },
      ],
)

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/*.test.ts'],
    globalSetup: ['test/setup/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: [process.env['CI'] === undefined ? 'default' : 'verbose', new Tally()],
  },
})
