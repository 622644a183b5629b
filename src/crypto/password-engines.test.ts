/** Which engine hashes, by what is installed: each in a process in which the others cannot be found. */

import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const url = JSON.stringify(new URL('password-hash.ts', import.meta.url).href)

/** Runs a script in a process without these packages, and perhaps without the Argon2 of `node:crypto`. */
function run(
  script: string,
  { missing, builtIn = true }: { missing: readonly string[]; builtIn?: boolean },
): string {
  const hide = `
    import { registerHooks, syncBuiltinESMExports } from 'node:module'
    import crypto from 'node:crypto'
    const missing = ${JSON.stringify(missing)}
    registerHooks({ resolve(name, context, next) {
      if (missing.includes(name)) throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    } })
    ${builtIn ? '' : 'delete crypto.argon2; syncBuiltinESMExports()'}
    const { passwordHasher } = await import(${url})
    const hasher = passwordHasher({ pepper: 'a pepper of enough bytes' })
    const password = 'correct horse battery staple'
    const argon2 = '$argon2id$v=19$m=65536,t=3,p=4$mG7n6IGHQl6PluMaYl19gQ$RVcEGHuODvePiwut37MeESZI052g32dI1El4rdE5zZc'
    const bcrypt = '$2b$06$P791vVkBcpbZ3HzKP83FJOSt88l2h8goaC2iIcIMTtio5aMSSagMu'
    const told = (work) => work.then(String, ({ name, message }) => name + ': ' + message)
    `
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', hide + script], {
    encoding: 'utf8',
  })
  return stdout.trim() || stderr
}

const roundTrip = `
  const hash = await hasher.hash(password)
  console.log(await hasher.engine(), hash.slice(0, 24), await hasher.verify(password, hash), await hasher.verify('x', hash),
    await hasher.verify('x', undefined))`

test('the faster package is used where it is installed', () => {
  expect(run(roundTrip, { missing: [] })).toBe('@node-rs/argon2 $argon2id$v=19$m=19456,t right wrong wrong')
})

test('without the package, the Argon2 of node:crypto is used', () => {
  expect(run(roundTrip, { missing: ['@node-rs/argon2'] })).toBe(
    'node:crypto $argon2id$v=19$m=19456,t right wrong wrong',
  )
})

test('SECURITY 222: without either, scrypt with N = 2^17, r = 8, p = 1 is used', () => {
  const printed = run(roundTrip, { missing: ['@node-rs/argon2'], builtIn: false })
  expect(printed).toBe('scrypt $scrypt$ln=17,r=8,p=1,ke right wrong wrong')
})

test('a stored hash whose engine is missing names the package, and is not taken over', () => {
  const script = `
    console.log(await hasher.canVerify(argon2), await told(hasher.verify(password, argon2)))
    console.log(await hasher.canVerify(bcrypt), await told(hasher.verify(password, bcrypt)))`
  const missing = ['@node-rs/argon2', '@node-rs/bcrypt']
  expect(run(script, { missing, builtIn: false }).split('\n')).toEqual([
    expect.stringMatching(/^false MissingEngine: .* Argon2, .* npm install @node-rs\/argon2$/),
    expect.stringMatching(/^false MissingEngine: .* bcrypt, .* npm install @node-rs\/bcrypt$/),
  ])
})
