/**
 * ES256 signatures in both their forms: the 64 bytes r‖s of JOSE (RFC 7518 §3.4) and the DER that the platform is
 * quick at. Its own conversion (`ieee-p1363`) makes verifying one and a half times as slow.
 */

/** DER for r‖s, or `undefined` if these are not two numbers from 1 to n-1 in exactly 64 bytes. */
export function derOfSignature(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== 64) return undefined
  // r = s = 0 was accepted by well-known verifiers (CVE-2022-21449): the range is checked here, whatever lies below.
  if (!inRange(signature, 0) || !inRange(signature, 32)) return undefined
  const r = integerLength(signature, 0)
  const s = integerLength(signature, 32)
  const der = new Uint8Array(6 + r + s)
  der[0] = 0x30
  der[1] = 4 + r + s
  writeInteger(der, 2, r, signature, 0)
  writeInteger(der, 4 + r, s, signature, 32)
  return der
}

/** r‖s for the DER that the platform made. */
export function signatureOfDer(der: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64)
  const next = readInteger(der, 2, signature, 0)
  readInteger(der, next, signature, 32)
  return signature
}

/** The order n of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3). */
const order = Uint8Array.from([
  0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
  0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
])

/** Whether the 32 bytes at `from` are a number from 1 to n-1. */
function inRange(bytes: Uint8Array, from: number): boolean {
  let isZero = true
  for (let i = 0; i < 32 && isZero; i++) isZero = bytes[from + i] === 0
  if (isZero) return false
  for (let i = 0; i < 32; i++) {
    const digit = bytes[from + i]!
    const limit = order[i]!
    if (digit !== limit) return digit < limit
  }
  return false
}

/** How many bytes DER needs: no leading zeros, but one where the top bit would make the number negative. */
function integerLength(bytes: Uint8Array, from: number): number {
  let start = from
  while (bytes[start] === 0) start++
  const length = from + 32 - start
  return bytes[start]! >= 0x80 ? length + 1 : length
}

function writeInteger(der: Uint8Array, at: number, length: number, bytes: Uint8Array, from: number): void {
  der[at] = 0x02
  der[at + 1] = length
  const taken = Math.min(length, 32)
  for (let i = 0; i < taken; i++) der[at + 2 + length - taken + i] = bytes[from + 32 - taken + i]!
}

/** Reads one integer and says where the next one starts. */
function readInteger(der: Uint8Array, at: number, into: Uint8Array, to: number): number {
  const length = der[at + 1]!
  const end = at + 2 + length
  const taken = Math.min(length, 32)
  into.set(der.subarray(end - taken, end), to + 32 - taken)
  return end
}
