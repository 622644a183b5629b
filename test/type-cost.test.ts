/** What inference costs the compiler, counted in instantiations: those are the same on every machine, time is not. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** An application of routers with thirty routes each, every one with parameters, a body, a user and scopes. */
function router(index: number): string {
  const routes = Array.from({ length: 30 }, (_, route) =>
    [
      `  .post(`,
      `    '/items${route}/{id}',`,
      `    {`,
      `      id: path(z.uuid()),`,
      `      page: query(z.number().optional()),`,
      `      item: json(Item),`,
      `      user: security(activeUser${index}, ['items:write']),`,
      `      viewer: optional(caller),`,
      `    },`,
      `    { returns: Answer },`,
      `    ({ id, page, item, user, viewer }) =>`,
      `      ({ id, page: page ?? 0, title: item.title, owner: user.name, seenBy: viewer?.name }),`,
      `  )`,
    ].join('\n'),
  )
  return [
    `import { dependency, json, optional, path, query, router, security } from 'gatewright'`,
    `import { z } from 'zod'`,
    `import { caller, currentUser } from './shared.ts'`,
    ``,
    `const activeUser${index} = dependency({ user: security(currentUser, ['me']) }, ({ user }) => user)`,
    `const Item = z.object({ title: z.string(), tags: z.array(z.string()), price: z.number() })`,
    `const Answer = z.object({`,
    `  id: z.string(), page: z.number(), title: z.string(), owner: z.string(), seenBy: z.string().optional(),`,
    `})`,
    `export const routes${index} = router({ prefix: '/r${index}' })`,
    ...routes,
    ``,
  ].join('\n')
}

const shared = `
import { accessTokens, anyOf, apiKey, dependency, passwordBearer } from 'gatewright'

const tokens = accessTokens({
  issuer: 'https://api.test',
  secret: 'thirty-two bytes or more of a secret',
  scopes: { me: 'You', 'items:read': 'See items', 'items:write': 'Change items', admin: 'Everything' },
})
const auth = passwordBearer({ tokenUrl: 'token', scopes: tokens.scopes, verify: tokens.verify })
const machine = apiKey({ header: 'x-key', scopes: { 'items:read': '' }, verify: (key) => ({ name: key }) })
export const currentUser = dependency({ token: auth }, async ({ token }) => ({ name: token.subject }))
export const caller = anyOf(currentUser, machine)
`

/** The number of instantiations of a program. */
function instantiations(files: Readonly<Record<string, string>>): number {
  mkdirSync(join(root, 'test-results'), { recursive: true })
  const folder = mkdtempSync(join(root, 'test-results/type-cost-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const settings = {
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: '../..' },
      include: ['*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    // one checker: several would each count what they have in common
    const { stdout } = spawnSync(
      process.execPath,
      [tsc, '-p', folder, '--extendedDiagnostics', '--pretty', 'false', '--singleThreaded'],
      { encoding: 'utf8' },
    )
    expect(stdout).not.toContain('error TS')
    return Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('300 routes with dependencies, scopes and schemas stay below 100,000 instantiations', () => {
  const routers = Array.from({ length: 10 }, (_, index) => index)
  const app = [
    `import { api } from 'gatewright'`,
    ...routers.map((index) => `import { routes${index} } from './routes${index}.ts'`),
    `export const app = api()${routers.map((index) => `.include(routes${index})`).join('')}`,
    ``,
  ].join('\n')
  const files = Object.fromEntries(routers.map((index) => [`routes${index}.ts`, router(index)]))
  const count = instantiations({ 'shared.ts': shared, 'app.ts': app, ...files })
  expect(count).toBeGreaterThan(1_000)
  expect(count).toBeLessThan(100_000)
})
