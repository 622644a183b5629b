import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientAuthenticationFailed, presentedClient } from './client-authentication.ts'
import { OAuthError } from './oauth-error.ts'

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const jwt = (claims: unknown): string =>
  `aGVhZGVy.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
const asserted = { client_assertion: jwt({ sub: 'key' }), client_assertion_type: jwtBearer }

const present = (form: Readonly<Record<string, string>>, header?: string): unknown =>
  presentedClient(Object.entries(form), header)

const refusal = (form: Readonly<Record<string, string>>, header?: string): OAuthError => {
  try {
    present(form, header)
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
  throw new Error('It was accepted')
}

test('RFC 6749 §2.3.1, RFC 7521 §4.2: the four ways to say who one is', () => {
  expect(present({ client_id: 'spa' })).toEqual({ method: 'none', clientId: 'spa' })
  expect(present({ client_id: 'web', client_secret: 's' })).toEqual({ method: 'client_secret_post', clientId: 'web', secret: 's' }) // prettier-ignore
  expect(present({}, basic('web:s'))).toEqual({ method: 'client_secret_basic', clientId: 'web', secret: 's' })
  expect(present({ client_id: 'web' }, basic('web:s'))).toMatchObject({ method: 'client_secret_basic' })
  expect(present(asserted)).toEqual({ method: 'private_key_jwt', clientId: 'key', assertion: asserted.client_assertion }) // prettier-ignore
  expect(present({ ...asserted, client_id: 'key' })).toMatchObject({ method: 'private_key_jwt' })
})

test('SECURITY 82: id and secret are form-decoded after base64', () => {
  const secrets = ['a:b', '100%', 'a+b', 'a b', 'ü', 'pass word:%+ü&=?/😀', "-._~!*'()"]
  for (const secret of secrets) {
    const form = new URLSearchParams({ x: secret }).toString().slice(2)
    for (const encoded of [form, encodeURIComponent(secret)]) {
      expect(present({}, basic(`we%3Ab:${encoded}`)), encoded).toEqual({ method: 'client_secret_basic', clientId: 'we:b', secret }) // prettier-ignore
    }
  }
})

test('SECURITY 82: what is not encoded is refused, or another secret', () => {
  for (const raw of ['a:b', '100%', '%zz', '%ff', '%c3', 'a b', 'ü', '😀', '%00', 'a%00b']) {
    expect(refusal({}, basic(`web:${raw}`)).code, raw).toBe('invalid_client') // prettier-ignore
  }
  expect(present({}, basic('web:a+b'))).toMatchObject({ secret: 'a b' })
})

test('SECURITY 84: one way per request', () => {
  const ways: readonly Readonly<Record<string, string>>[] = [
    { client_id: 'web', client_secret: 's' },
    asserted,
  ]
  for (const way of ways) expect(refusal(way, basic('web:s')).code).toBe('invalid_request')
  expect(refusal({ client_secret: 's', ...asserted }).code).toBe('invalid_request')
  expect(refusal({ client_secret: 's', ...asserted }, basic('web:s')).code).toBe('invalid_request')
  expect(refusal({ client_assertion: 'fake' }, basic('web:s')).code).toBe('invalid_request')
  expect(refusal({ client_assertion_type: 'fake' }, basic('web:s')).code).toBe('invalid_request')
  expect(refusal({ client_id: 'other' }, basic('web:s')).code).toBe('invalid_request')
  expect(refusal({ client_id: 'web', client_secret: 's' }, 'Bearer x').code).toBe('invalid_request')
})

test('SECURITY 44: no credential comes twice', () => {
  for (const name of ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type']) {
    const twice = [...Object.entries({ client_id: 'a', [name]: 'x' }), [name, 'y'] as const]
    expect(() => presentedClient(twice, null), name).toThrow(expect.objectContaining({ code: 'invalid_request' })) // prettier-ignore
  }
})

test('SECURITY 46: 401, with a challenge if the header was tried and only then', () => {
  for (const header of [basic('web'), basic(':s'), basic('web:%'), basic('wéb:s'), 'Basic', 'Basic !', 'Basic d2Vi', `Basic ${'A'.repeat(10_000)}`, 'Bearer x', basic('web:s').replace('Basic', 'Bearer'), basic('web:s').replace('Basic', 'Digest'), 'Digest x', 'Negotiate', basic('a\n:s'), basic('%0a:s'), basic('%00:s')]) {
    const error = refusal({}, header)
    expect([error.code, error.status], header).toEqual(['invalid_client', 401])
    expect(error.headers['www-authenticate'], header).toBe('Basic realm="token", charset="UTF-8"')
    expect(error.headers['cache-control']).toBe('no-store')
  } // prettier-ignore
  for (const form of [{}, { client_secret: 's' }, { client_id: '' }, { client_id: 'é' }, { client_id: 'a\tb' }, { client_id: 'x'.repeat(2049) }]) {
    const error = refusal(form)
    expect([error.code, error.status]).toEqual(['invalid_client', 401])
    expect(error.headers['www-authenticate']).toBeUndefined()
  } // prettier-ignore
  expect(clientAuthenticationFailed('client_secret_basic').headers['www-authenticate']).toMatch(/^Basic /)
  for (const method of ['none', 'client_secret_post', 'private_key_jwt'] as const) {
    expect(clientAuthenticationFailed(method).headers['www-authenticate']).toBeUndefined()
  }
})

test('SECURITY 86: an empty secret in the body is no secret, and one in the header is a wrong one', () => {
  expect(present({ client_id: 'web', client_secret: '' })).toEqual({ method: 'none', clientId: 'web' })
  expect(present({}, basic('web:'))).toEqual({ method: 'client_secret_basic', clientId: 'web', secret: '' })
})

test('RFC 7521 §4.2: an assertion comes with its type, and names the client that the request names', () => {
  const { client_assertion } = asserted
  for (const form of [
    { client_assertion }, { client_assertion, client_id: 'key' }, { client_assertion_type: jwtBearer, client_id: 'key' },
    { client_assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
    { ...asserted, client_id: 'other' },
  ]) {
    expect(refusal(form).code).toBe('invalid_client')
  } // prettier-ignore
})

test('SECURITY 88: an assertion that cannot be read names nobody', () => {
  const bad = ['x', 'a.b', 'a.b.c.d', 'a..c', jwt({}), jwt({ sub: 1 }), jwt({ sub: '' }), jwt({ sub: 'é' }), jwt({ sub: 'a\0' }), jwt(null), jwt([]), jwt('key'), `${jwt({ sub: 'key' })}.x`, `${jwt({ sub: 'key' })} `, ` ${jwt({ sub: 'key' })}`, jwt({ sub: 'key', x: 'x'.repeat(20_000) })] // prettier-ignore
  for (const client_assertion of bad) {
    expect(refusal({ ...asserted, client_assertion }).code, client_assertion.slice(0, 80)).toBe('invalid_client') // prettier-ignore
  }
})

test('no refusal repeats what was presented', () => {
  for (const error of [refusal({}, basic('hunter2:hunter2%')), refusal({ client_secret: 'hunter2', ...asserted }), refusal({ client_id: 'hunter2é' })]) {
    expect(JSON.stringify([error, error.message, error.stack?.split('\n')[0]])).not.toContain('hunter2')
  } // prettier-ignore
})

test('whatever is presented, the answer is one method or an OAuth error', () => {
  const value = fc.oneof(fc.string(), fc.constantFrom('web', jwtBearer, asserted.client_assertion))
  const name = fc.constantFrom('client_id', 'client_secret', 'client_assertion', 'client_assertion_type')
  const header = fc.oneof(fc.constant(undefined), fc.string(), fc.string().map(basic), fc.tuple(fc.string(), fc.string()).map(([id, secret]) => basic(`${encodeURIComponent(id.toWellFormed())}:${encodeURIComponent(secret.toWellFormed())}`))) // prettier-ignore
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), header, (form, authorization) => {
      try {
        expect(presentedClient(form, authorization).clientId).toMatch(/^[\x20-\x7e]{1,2048}$/)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
      }
    }),
    { numRuns: 2000 },
  )
})
