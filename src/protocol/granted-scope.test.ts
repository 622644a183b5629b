import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { grantedScope, refusedScopes, requestedScopes } from './granted-scope.ts'
import { OAuthError } from './oauth-error.ts'
import { sortParameters } from './parameters.ts'

const allowed = ['read', 'write', 'admin']

test('SECURITY 72: the scope can narrow, and never exceeds the grant', () => {
  expect(grantedScope({ requested: ['write'], allowed })).toEqual(['write'])
  expect(grantedScope({ requested: ['write', 'write'], allowed })).toEqual(['write'])
  for (const requested of [['other'], ['read', 'other'], ['Read'], ['rea'], ['readx'], ['']]) {
    expect(() => grantedScope({ requested, allowed }), String(requested)).toThrow(expect.objectContaining({ code: 'invalid_scope' })) // prettier-ignore
  }
})

test('SECURITY 72: left out, it is everything that was granted', () => {
  expect(grantedScope({ requested: undefined, allowed })).toEqual(allowed)
})

test('SECURITY 21: the ceiling of the client holds, also when it shrank after the grant', () => {
  const ceiling = ['read', 'more']
  expect(grantedScope({ requested: undefined, allowed, ceiling })).toEqual(['read'])
  expect(() => grantedScope({ requested: ['write'], allowed, ceiling })).toThrow(OAuthError)
  expect(() => grantedScope({ requested: ['more'], allowed, ceiling })).toThrow(OAuthError)
  expect(refusedScopes({ requested: ['read', 'write', 'more'], allowed, ceiling })).toEqual(['write', 'more'])
  expect(refusedScopes({ requested: undefined, allowed, ceiling })).toEqual([])
})

test('RFC 6749 §3.3: a scope outside of the grammar is `invalid_scope`', () => {
  expect(requestedScopes(sortParameters([]))).toBeUndefined()
  expect(requestedScopes(sortParameters([['scope', 'a b']]))).toEqual(['a', 'b'])
  for (const scope of ['a  b', ' a', 'a ', 'a"', 'a\\', 'a\tb', 'é', 'a\u00a0b']) {
    expect(() => requestedScopes(sortParameters([['scope', scope]])), scope).toThrow(expect.objectContaining({ code: 'invalid_scope' })) // prettier-ignore
  }
})

test('whatever is requested, nothing is granted that is not allowed and below the ceiling', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'))
  fc.assert(
    fc.property(fc.option(words, { nil: undefined }), words, fc.option(words, { nil: undefined }), (requested, allowed, ceiling) => {
      if (refusedScopes({ requested, allowed, ceiling }).length > 0) return
      for (const word of grantedScope({ requested, allowed, ceiling })) {
        expect(allowed).toContain(word)
        if (ceiling !== undefined) expect(ceiling).toContain(word)
        if (requested !== undefined) expect(requested).toContain(word)
      }
    }), // prettier-ignore
  )
})
