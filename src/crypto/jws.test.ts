import { expect, test } from 'vitest'
import { parseJsonObject, protectedHeader, signJws, splitJws } from './jws.ts'
import { signingKey } from './signing-key.ts'

const key = signingKey('a secret of enough bytes for the hash')

test('RFC 7515 §7.1: a signed payload comes apart into what it was made of', async () => {
  const header = protectedHeader(key, 'at+jwt')
  const token = await signJws(key, header, '{"sub":"Zoë"}')
  const parts = splitJws(token)!
  expect(parts.header).toBe(header)
  expect(parseJsonObject(parts.payload)).toEqual({ sub: 'Zoë' })
  expect(parts.signingInput).toBe(token.slice(0, token.lastIndexOf('.')))
  expect(key.verify(parts.signingInput, parts.signature)).toBe(true)
})

test('SECURITY 180: anything but three parts is no token', () => {
  for (const text of [
    '',
    '.',
    'AAAA',
    'AAAA.AAAA',
    'AAAA.AAAA.AAAA.',
    'AAAA.AAAA.AAAA.AAAA',
    'AAAA.AAAA.AAAA.AAAA.AAAA',
    '....',
  ]) {
    expect(splitJws(text), text).toBeUndefined()
  }
  expect(splitJws('AAAA.AAAA.AAAA')).toBeDefined()
})

test('only a JSON object in UTF-8 is one', () => {
  for (const text of ['', 'null', '1', '"x"', 'true', '[]', '[{"a":1}]', '{', '{"a":1}{', '\ufeff{}']) {
    expect(parseJsonObject(Buffer.from(text)), text).toBeUndefined()
  }
  expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined()
  expect(parseJsonObject(Buffer.from('{"a":1}'))).toEqual({ a: 1 })
})
