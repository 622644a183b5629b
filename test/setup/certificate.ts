/** Certificates for tests: an authority of one's own, and what it signs for a name (X.509, RFC 5280). */

import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A certificate with its key, as PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** An authority, made for the moment: its certificate, and one for each name. */
export function certificateAuthority(name = 'A test'): {
  readonly certificate: string
  issue(hostname: string): Certificate
} {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // §4.2.1.9: a CA, critical.
  const isAuthority = extension('551d13', octets(sequence(Buffer.of(0x01, 0x01, 0xff))), true)
  return {
    certificate: signed(name, own.privateKey, name, own.publicKey, [isAuthority]),
    issue(hostname) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      // §4.2.1.6: a DNS name.
      const names = extension('551d11', octets(sequence(der(0x82, Buffer.from(hostname)))))
      return {
        certificate: signed(name, own.privateKey, hostname, publicKey, [names]),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}

function signed(
  issuer: string,
  by: KeyObject,
  subject: string,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
): string {
  const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'))
  const hour = 3_600_000
  const content = sequence(
    der(0xa0, integer(2)),
    integer(serial++),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(time(Date.now() - hour), time(Date.now() + hour)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', content, by))
  const lines =
    sequence(content, ecdsaWithSha256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

let serial = 1

/** A tag, a length and what is inside (X.690 §8.1). */
function der(tag: number, ...inside: readonly Buffer[]): Buffer {
  const content = Buffer.concat(inside)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function sequence(...inside: readonly Buffer[]): Buffer {
  return der(0x30, ...inside)
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.of(value))
}

function identifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function octets(inside: Buffer): Buffer {
  return der(0x04, inside)
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/^\d\d|[-:T]|\.\d+/g, '')
  return der(0x17, Buffer.from(text))
}

function nameOf(name: string): Buffer {
  return sequence(der(0x31, sequence(identifier('550403'), der(0x0c, Buffer.from(name)))))
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(identifier(id), ...(isCritical ? [Buffer.of(0x01, 0x01, 0xff)] : []), value)
}
