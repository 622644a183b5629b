import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeChallengeS256, isCodeChallenge, isCodeVerifier, verifyPkce } from './pkce.ts'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const refusal = (run: () => void): unknown => {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

test('RFC 7636 appendix B: the example verifier has the example challenge', () => {
  expect(codeChallengeS256(verifier)).toBe(challenge)
  expect(() => verifyPkce(challenge, verifier)).not.toThrow()
})

test('SECURITY 54: the verifier must be present and match', () => {
  const wrong = [undefined, `${verifier.slice(0, -1)}l`, challenge, verifier.toLowerCase(), `${verifier}A`]
  for (const other of wrong) {
    expect(refusal(() => verifyPkce(challenge, other)), other).toBe('invalid_grant') // prettier-ignore
  }
  expect(
    refusal(() => verifyPkce(verifier, verifier)),
    'plain',
  ).toBe('invalid_grant')
})

test('SECURITY 55: a verifier without a challenge is a downgrade, and refused', () => {
  expect(refusal(() => verifyPkce(undefined, verifier))).toBe('invalid_grant')
  expect(refusal(() => verifyPkce(undefined, undefined))).toBeUndefined()
})

test('SECURITY 56: a verifier has 43 to 128 unreserved characters', () => {
  const a = (length: number): string => 'a'.repeat(length)
  for (const good of [a(43), a(128), `${a(40)}-._~`]) expect(isCodeVerifier(good), good).toBe(true)
  const bad = ['', a(42), a(129), a(1 << 20), `${a(43)}é`, `${a(43)}=`, `${a(43)}+`, `${a(43)}/`, `${a(43)} `, `${a(43)}\n`, `\n${a(43)}`, `${a(43)}%41`, `${a(42)}\0`] // prettier-ignore
  for (const text of bad) {
    expect(isCodeVerifier(text), JSON.stringify(text.slice(0, 60))).toBe(false)
    if (text !== '') expect(refusal(() => verifyPkce(challenge, text))).toBe('invalid_request')
    if (text !== '') expect(refusal(() => verifyPkce(codeChallengeS256(text), text))).toBe('invalid_request')
  }
})

test('SECURITY 14: a challenge has 43 characters of base64url', () => {
  const a = (length: number): string => 'A'.repeat(length)
  expect(isCodeChallenge(challenge)).toBe(true)
  for (const bad of ['', a(42), a(44), `${a(42)}=`, `${a(42)}+`, `${a(42)}/`, `${a(42)}é`, `${a(42)}\n`, `${a(43)}\n`, a(1 << 20)]) {
    expect(isCodeChallenge(bad), bad.slice(0, 60)).toBe(false)
  } // prettier-ignore
})

test('every verifier fits its own challenge and no other', () => {
  const any = fc.stringMatching(/^[A-Za-z0-9._~-]{43,128}$/)
  fc.assert(
    fc.property(any, any, (one, other) => {
      expect(isCodeChallenge(codeChallengeS256(one))).toBe(true)
      expect(refusal(() => verifyPkce(codeChallengeS256(one), one))).toBeUndefined()
      if (one !== other)
        expect(refusal(() => verifyPkce(codeChallengeS256(one), other))).toBe('invalid_grant')
    }),
  )
})
