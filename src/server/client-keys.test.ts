import { expect, test } from 'vitest'
import { protectedHeader, signJws, splitJws } from '../crypto/jws.ts'
import { generateSigningKey } from '../crypto/signing-key.ts'
import { clientKeys } from './client-keys.ts'
import { clientOf } from './clients.ts'
import type { Client } from './clients.ts'

/** A client whose keys are at an address. */
function client(jwksUri: string): Client {
  const metadata = { metadata: { jwksUri }, privileges: {} }
  const record = { source: 'registered', metadata, secrets: [], disabled: false } as const
  return clientOf({ ...record, id: 'app', version: 1, createdAt: 0 })
}

test('SECURITY R17: a thousand addresses are remembered, and the one that was not needed for the longest time is forgotten', async () => {
  const key = await generateSigningKey()
  const jws = splitJws(await signJws(key, protectedHeader(key, 'JWT'), '{}'))
  if (jws === undefined) throw new Error('It was signed just now')
  const seen: string[] = []
  const keys = clientKeys({
    clientFetch: async (url) => {
      seen.push(url)
      return Response.json({ keys: [key.publicJwk] })
    },
    clock: () => 0,
    report: (error) => expect.unreachable(String(error)),
  })
  const ask = (number: number): Promise<boolean> =>
    keys.haveSigned(client(`https://app.example/${number}`), { alg: 'ES256', kid: key.keyId }, jws)
  for (let number = 0; number < 1000; number++) expect(await ask(number)).toBe(true)
  await ask(0)
  expect(seen).toHaveLength(1000)
  await ask(1000)
  await ask(0)
  await ask(2)
  expect(seen).toHaveLength(1001)
  expect(await ask(1)).toBe(true)
  expect(seen.at(-1)).toBe('https://app.example/1')
  expect(seen).toHaveLength(1002)
})

test('of a set no more than 32 keys are used, so that an assertion without a kid costs no more than that', async () => {
  const first = await generateSigningKey()
  const last = await generateSigningKey()
  const unusable = Array.from({ length: 50 }, () => ({ kty: 'EC' }))
  const others = Array.from({ length: 31 }, () => first.publicJwk)
  const set = (...more: readonly unknown[]): Response => Response.json({ keys: [...unusable, ...others, ...more] })
  const signed = splitJws(await signJws(last, protectedHeader(last, 'JWT'), '{}'))
  if (signed === undefined) throw new Error('It was signed just now')
  for (const [answer, isFound] of [
    [set(last.publicJwk), true],
    [set(first.publicJwk, last.publicJwk), false],
  ] as const) {
    const keys = clientKeys({ clientFetch: async () => answer, clock: () => 0, report: () => undefined })
    expect(await keys.haveSigned(client('https://app.example/'), { alg: 'ES256' }, signed)).toBe(isFound)
  }
}) // prettier-ignore
