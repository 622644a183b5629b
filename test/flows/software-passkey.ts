/** A passkey without a device (Web Authentication Level 3 §6): it signs whatever a test tells it to, wrong things included. */

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What can be wrong about an answer. */
export interface PasskeyAnswer {
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
  /** Signature counter; 0 unless told. */
  readonly counter?: number
  /** Whether the device asked for a finger or a PIN; true unless told. */
  readonly isVerified?: boolean
}

/** A key pair with a name. */
export interface SoftwarePasskey {
  readonly id: string
  /** What `navigator.credentials.create` gives, as JSON. */
  create(answer: PasskeyAnswer): string
  /** What `navigator.credentials.get` gives, as JSON. */
  get(answer: PasskeyAnswer): string
}

/** Makes one. */
export function softwarePasskey(): SoftwarePasskey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rawId = randomBytes(16)
  const id = rawId.toString('base64url')
  const jwk = publicKey.export({ format: 'jwk' })
  const [x, y] = [jwk.x, jwk.y].map((part) => Buffer.from(part ?? '', 'base64url'))
  // COSE_Key (RFC 9052 §7): EC2, ES256, P-256.
  const key = cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, x],
      [-3, y],
    ]),
  )

  function clientData(type: string, { challenge, origin }: PasskeyAnswer): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  function authenticatorData(
    { rpId, counter = 0, isVerified = true }: PasskeyAnswer,
    isNew: boolean,
  ): Buffer {
    const head = Buffer.alloc(5)
    head[0] = 0x01 | (isVerified ? 0x04 : 0) | (isNew ? 0x40 : 0)
    head.writeUInt32BE(counter, 1)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(rawId.length)
    return Buffer.concat([
      createHash('sha256').update(rpId).digest(),
      head,
      ...(isNew ? [Buffer.alloc(16), length, rawId, key] : []),
    ])
  }

  function credential(response: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response })
  }

  return {
    id,
    create(answer) {
      const attestationObject = cbor(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authenticatorData(answer, true)],
        ]),
      )
      return credential({
        clientDataJSON: clientData('webauthn.create', answer).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      })
    },
    get(answer) {
      const client = clientData('webauthn.get', answer)
      const data = authenticatorData(answer, false)
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
      return credential({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, privateKey).toString('base64url'),
      })
    },
  }
}

/** As much of CBOR (RFC 8949) as a passkey says. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flat().map((each) => cbor(each))])
  }
  throw new TypeError('Not needed here')
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count])
  if (count < 256) return Buffer.from([(major << 5) | 24, count])
  return Buffer.from([(major << 5) | 25, count >> 8, count & 255])
}
