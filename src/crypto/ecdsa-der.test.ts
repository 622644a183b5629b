import { generateKeyPairSync, sign, verify } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { derOfSignature, signatureOfDer } from './ecdsa-der.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

test('both forms stand for the same signature, and the platform accepts each from us', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      const ours = signatureOfDer(sign('sha256', data, privateKey))
      expect(ours).toHaveLength(64)
      expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, ours)).toBe(true)
      const theirs = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      expect(verify('sha256', data, publicKey, derOfSignature(theirs)!)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('small numbers, leading zeros and top bits survive the way there and back', () => {
  const number = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.nat({ max: 31 }).map((at) => new Uint8Array(32).fill(0x80, at, at + 1)),
    fc.nat({ max: 31 }).map((at) => new Uint8Array(32).fill(0x7f, at)),
  )
  fc.assert(
    fc.property(number, number, (r, s) => {
      const signature = Buffer.concat([r, s])
      const der = derOfSignature(signature)
      fc.pre(der !== undefined)
      expect(signatureOfDer(der)).toEqual(new Uint8Array(signature))
    }),
  )
})

test('SECURITY 180: numbers out of range and other lengths have no form', () => {
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  const below = Buffer.from(order).fill(0x50, 31)
  const one = Buffer.alloc(32).fill(1, 31)
  for (const bad of [Buffer.alloc(32), order, Buffer.alloc(32, 0xff), Buffer.from(order).fill(0x52, 31)]) {
    expect(derOfSignature(Buffer.concat([bad, one]))).toBeUndefined()
    expect(derOfSignature(Buffer.concat([one, bad]))).toBeUndefined()
  }
  for (const good of [one, below]) expect(derOfSignature(Buffer.concat([good, good]))).toBeDefined()
  for (const size of [0, 32, 63, 65, 128])
    expect(derOfSignature(new Uint8Array(size).fill(1))).toBeUndefined()
})
