/** Password hashes: ours, those of other software, and what looks like one. */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtInEngine, nativeEngine } from './argon2.ts'
import { HashingBusy, hashingQueue } from './hashing-queue.ts'
import { parsePasswordHash } from './password-format.ts'
import { passwordHasher } from './password-hash.ts'

const { vectors } = JSON.parse(readFileSync(new URL('password-vectors.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly {
    readonly library: string
    readonly scheme: string
    readonly password: string
    readonly hash: string
  }[]
}

const password = 'correct horse battery staple'
const hasher = passwordHasher()

describe('our own hashes', () => {
  test('SECURITY 222: a hash is Argon2id with 19 MiB, 2 passes, 1 lane, told in the string, and a salt of its own', async () => {
    const [one, other] = [await hasher.hash(password), await hasher.hash(password)]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(other)
    expect(await hasher.verify(password, one)).toBe('right')
    expect(await hasher.verify(password, other)).toBe('right')
    expect(await hasher.verify(`${password} `, one)).toBe('wrong')
  })

  test('the two Argon2 engines agree', async () => {
    const input = { password: Buffer.from(password), salt: Buffer.alloc(16, 7), length: 32 }
    for (const variant of ['argon2id', 'argon2i', 'argon2d'] as const) {
      for (const [memory, passes, parallelism] of [
        [1024, 1, 1],
        [2048, 3, 2],
      ] as const) {
        const cost = { variant, memory, passes, parallelism }
        const native = await (await nativeEngine())?.derive({ ...input, ...cost })
        const builtIn = await builtInEngine()?.derive({ ...input, ...cost })
        expect(native).toBeDefined()
        expect(Buffer.from(native ?? []).toString('hex')).toBe(Buffer.from(builtIn ?? []).toString('hex'))
      }
    }
  })

  test('SECURITY 216: a composed and a decomposed é are the same password, and spaces count', async () => {
    const stored = await hasher.hash(' caf\u00e9 au lait ')
    expect(await hasher.verify(' cafe\u0301 au lait ', stored)).toBe('right')
    expect(await hasher.verify(' caf\u00e9 au lait ', await hasher.hash(' cafe\u0301 au lait '))).toBe(
      'right',
    )
    expect(await hasher.verify('caf\u00e9 au lait', stored)).toBe('wrong')
  })

  test('SECURITY 217: nothing is cut: not after 72 bytes, not at a NUL', async () => {
    const long = 'a'.repeat(72)
    const stored = await hasher.hash(`${long}one`)
    expect(await hasher.verify(`${long}two`, stored)).toBe('wrong')
    expect(await hasher.verify(`${long}one`, stored)).toBe('right')
    const withNul = await hasher.hash('before the NUL\0after')
    expect(await hasher.verify('before the NUL\0other', withNul)).toBe('wrong')
    expect(await hasher.verify('before the NUL', withNul)).toBe('wrong')
    expect(await hasher.verify('before the NUL\0after', withNul)).toBe('right')
  })

  test('SECURITY 215: 1,024 bytes are hashed, one more is refused before any work', async () => {
    const longest = 'x'.repeat(1024)
    const stored = await hasher.hash(longest)
    expect(await hasher.verify(longest, stored)).toBe('right')
    const idle = passwordHasher({ concurrency: 1, queue: 0 })
    const working = idle.hash(password)
    // The queue is full: what would need work rejects with HashingBusy.
    expect(await idle.verify('x'.repeat(1025), stored)).toBe('wrong')
    expect(await idle.verify('x'.repeat(1_000_000), stored)).toBe('wrong')
    await expect(idle.verify(password, stored)).rejects.toThrow(HashingBusy)
    await working
  })

  test('SECURITY 223: a hash of weaker parameters is right and outdated, one of stronger parameters stays', async () => {
    const strong = passwordHasher({ passes: 3 })
    expect(await strong.verify(password, await hasher.hash(password))).toBe('outdated')
    expect(await hasher.verify(password, await strong.hash(password))).toBe('right')
    expect(await strong.verify('wrong', await hasher.hash(password))).toBe('wrong')
  })

  test('SECURITY 224: with another pepper, or none, nobody gets in and nothing breaks', async () => {
    const peppered = passwordHasher({ pepper: 'a pepper of enough bytes' })
    const stored = await peppered.hash(password)
    expect(await peppered.verify(password, stored)).toBe('right')
    expect(await hasher.verify(password, stored)).toBe('wrong')
    const other = passwordHasher({ pepper: 'another pepper of enough bytes' })
    expect(await other.verify(password, stored)).toBe('wrong')
    // Not even when the mark that names the pepper is taken away or changed.
    expect(await hasher.verify(password, stored.replace(/,keyid=[^$]+/, ''))).toBe('wrong')
    const otherMark = /,keyid=[^$]+/.exec(await other.hash(password))?.[0] ?? ''
    expect(await other.verify(password, stored.replace(/,keyid=[^$]+/, otherMark))).toBe('wrong')
  })

  test('SECURITY 224: a pepper can be introduced and replaced: older hashes verify and are outdated', async () => {
    const first = 'the first pepper of all'
    const before = await hasher.hash(password)
    const peppered = passwordHasher({ pepper: first })
    expect(await peppered.verify(password, before)).toBe('outdated')
    const rotated = passwordHasher({ pepper: [new Uint8Array(32).fill(9), first] })
    expect(await rotated.verify(password, await peppered.hash(password))).toBe('outdated')
    expect(await rotated.verify(password, await rotated.hash(password))).toBe('right')
  })

  test('a wrong option is named, with what would be right', () => {
    expect(() => passwordHasher({ memory: 1024 })).toThrow(
      'hashing.memory must be a whole number from 19456 to 262144, not 1024',
    )
    expect(() => passwordHasher({ passes: 1 })).toThrow('hashing.memory must be')
    expect(() => passwordHasher({ passes: 0 })).toThrow('hashing.passes')
    expect(() => passwordHasher({ memory: 262_144, passes: 5 })).toThrow(
      'hashing.memory times hashing.passes',
    )
    expect(() => passwordHasher({ concurrency: 0 })).toThrow('hashing.concurrency')
    expect(() => passwordHasher({ queue: 1.5 })).toThrow('hashing.queue')
    expect(() => passwordHasher({ pepper: 'short' })).toThrow('hashing.pepper')
    expect(() => passwordHasher({ pepper: 'short' })).not.toThrow(/short/)
  })
})

describe('hashes of other software', () => {
  test.each(vectors)(
    '$library $scheme verifies, and is outdated unless it is as strong as ours',
    async (vector) => {
      const isOurs = vector.hash.includes('$argon2id$')
      expect(await hasher.canVerify(vector.hash)).toBe(true)
      expect(await hasher.verify(vector.password, vector.hash)).toBe(isOurs ? 'right' : 'outdated')
      expect(await hasher.verify(`${vector.password}!`, vector.hash)).toBe('wrong')
      expect(await hasher.verify('', vector.hash)).toBe('wrong')
    },
  )

  test.each(vectors)(
    '$library $scheme: one changed character of the hash is refused',
    async ({ password, hash }) => {
      // The last but one: the last character holds bits that do not count.
      const place = hash.replace(/=+$/, '').length - 2
      const changed = hash.slice(0, place) + (hash[place] === 'A' ? 'B' : 'A') + hash.slice(place + 1)
      expect(await hasher.verify(password, changed)).toBe('wrong')
    },
  )

  test('bcrypt reads 72 bytes and no more; the hash that replaces it reads all', async () => {
    const { hash: bcrypt } = await import('@node-rs/bcrypt')
    const typed = `${'b'.repeat(72)}-the end`
    const stored = await bcrypt(typed, 4)
    expect(await hasher.verify(typed, stored)).toBe('outdated')
    expect(await hasher.verify('b'.repeat(72), await hasher.hash(typed))).toBe('wrong')
  })

  test('a hash of a decomposed password, as other software made it from what was typed, verifies', async () => {
    const { hash: bcrypt } = await import('@node-rs/bcrypt')
    const stored = await bcrypt('cafe\u0301 au lait', 4)
    expect(await hasher.verify('cafe\u0301 au lait', stored)).toBe('outdated')
  })
})

describe('what is not a hash', () => {
  const salt = 'c29tZXNhbHRzb21lc2FsdA'
  const digest = 'A'.repeat(43)
  const hostile = [
    '',
    '!',
    'plain text',
    '$',
    '$argon2id$',
    // An empty digest would equal that of any password.
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$AAAA`,
    `$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$${digest}`,
    // More memory, passes or lanes than a login may cost.
    `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=524288,t=1,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=262144,t=1000,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=19456,t=999999999,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=19456,t=2,p=4000$${salt}$${digest}`,
    `$argon2id$v=19$m=8,t=1,p=2$${salt}$${digest}`,
    `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=-1,t=2,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}$more`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${digest}\n`,
    `$scrypt$ln=30,r=8,p=1$${salt}$${digest}`,
    `$scrypt$ln=99,r=8,p=1$${salt}$${digest}`,
    `$scrypt$ln=14,r=999999999,p=1$${salt}$${digest}`,
    `$scrypt$ln=14,r=8,p=999999$${salt}$${digest}`,
    `scrypt$16385$salt$8$1$${digest}=`,
    `scrypt$1$salt$8$1$${digest}=`,
    `$pbkdf2-sha256$999999999$${salt}$${digest}`,
    `pbkdf2_sha256$999999999$salt$${digest}=`,
    `pbkdf2_sha256$1$salt$`,
    `pbkdf2_md5$1$salt$${digest}=`,
    '$2b$31$c6ag1W0qQfNKYiBI/Vobruuq8ozF/g9RzFfXL5cBGQBOieCopeSYe',
    '$2b$03$c6ag1W0qQfNKYiBI/Vobruuq8ozF/g9RzFfXL5cBGQBOieCopeSYe',
    '$2b$06$tooshort',
    '$2z$06$c6ag1W0qQfNKYiBI/Vobruuq8ozF/g9RzFfXL5cBGQBOieCopeSYe',
    `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(100_000)}$${digest}`,
  ]

  const named = hostile.map(
    (stored) => [stored.length > 100 ? `${stored.slice(0, 100)}…` : stored, stored] as const,
  )

  test.each(named)('%j is refused without its work, and is wrong for every password', async (_, stored) => {
    expect(parsePasswordHash(stored)).toBeUndefined()
    expect(await hasher.canVerify(stored)).toBe(false)
    expect(await hasher.verify(password, stored)).toBe('wrong')
    expect(await hasher.verify('', stored)).toBe('wrong')
    expect(await hasher.verify(stored, stored)).toBe('wrong')
  })

  test('any text is read without an error, and a damaged hash costs no more than the limits', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...vectors.map(({ hash }) => hash)), fc.nat(), fc.string({ maxLength: 12 }))
      .map(([hash, place, text]) => {
        const at = place % hash.length
        return hash.slice(0, at) + text + hash.slice(at + text.length)
      })
    fc.assert(
      fc.property(fc.oneof(fc.string(), damaged), (text) => {
        const hash = parsePasswordHash(text)
        if (hash === undefined || hash.scheme === 'bcrypt') return
        expect(hash.digest.length).toBeGreaterThanOrEqual(16)
        if (hash.scheme === 'argon2') expect(hash.memory).toBeLessThanOrEqual(262_144)
        if (hash.scheme === 'scrypt') expect(128 * hash.cost * hash.blockSize).toBeLessThanOrEqual(2 ** 28)
        if (hash.scheme === 'pbkdf2') expect(hash.iterations).toBeLessThanOrEqual(5_000_000)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the queue', () => {
  test('so many run at once, in the order they came, and beyond the queue is refused', async () => {
    const queue = hashingQueue({ concurrency: 2, queue: 2 })
    const order: string[] = []
    const releases: (() => void)[] = []
    const work = (name: string) =>
      queue.run(async () => {
        order.push(name)
        await new Promise<void>((resolve) => releases.push(resolve))
      })
    const all = [work('a'), work('b'), work('c'), work('d')]
    await expect(work('e')).rejects.toThrow(HashingBusy)
    expect(order).toEqual(['a', 'b'])
    while (order.length < 4) {
      releases.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const release of releases) release()
    await Promise.all(all)
    expect(order).toEqual(['a', 'b', 'c', 'd'])
    // The places are free again.
    const again = work('f')
    await new Promise((resolve) => setImmediate(resolve))
    releases.at(-1)?.()
    await again
  })

  test('work that fails gives its place back', async () => {
    const queue = hashingQueue({ concurrency: 1, queue: 0 })
    const failing = queue.run(() => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await queue.run(async () => 'yes')).toBe('yes')
  })
})
