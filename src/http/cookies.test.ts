import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expireCookie, readCookie, serializeCookie } from './cookies.ts'

test.each([
  ['a=1; b=2', 'b', '2'],
  ['a=1;b=2', 'a', '1'],
  ['a=1; A=2', 'a', '1'],
  ['a=1; a=2', 'a', '2'],
  ['a=', 'a', ''],
  ['a=x=y', 'a', 'x=y'],
  ['a="q"', 'a', '"q"'],
  ['a=%20', 'a', '%20'],
  ['  a = 1 ;', 'a', '1'],
  ['ab=1; b=2', 'b', '2'],
  ['a', 'a', undefined],
  ['=1', 'a', undefined],
  ['', 'a', undefined],
  [null, 'a', undefined],
])('in %j the cookie %s is %j', (header, name, value) => {
  expect(readCookie(header, name)).toBe(value)
})

test('a cookie is found among whatever else is sent', () => {
  const piece = fc.string().filter((text) => !text.includes(';'))
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), (before, after) => {
      fc.pre(!after.some((text) => text.split('=')[0]?.trim() === 'id' && text.includes('=')))
      expect(readCookie([...before, 'id=7', ...after].join(';'), 'id')).toBe('7')
    }),
  )
})

test('SECURITY 293: a hostile header is read once, however long: four times the length is four times the reads', () => {
  // counted on the text itself, as a clock would measure the machine
  const work = (header: string): number => {
    let looked = 0
    const counted = new Proxy(new String(header), {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const result: unknown = (value as (...args: unknown[]) => unknown).apply(target, args)
          if (property === 'slice') looked += 1 + (result as string).length
          if (property === 'lastIndexOf') looked += 1 + (args[1] as number) - (result as number)
          return result
        }
      },
    }) as unknown as string
    readCookie(counted, 'nothing')
    return looked
  }
  for (const piece of [';', '=', ' ', '; ', 'a=', 'a=;', '"', '\\']) {
    const [short, long] = [work(piece.repeat(25_000)), work(piece.repeat(100_000))]
    expect(short).toBeGreaterThan(0)
    expect(long).toBeLessThanOrEqual(short * 4 + 8)
  }
})

test.each(['\u00a0', '\u00a0 ', '\ufeff', '\u2000', '\u2028', '\u3000', '\v', '\f', '\r', '\u0085', '"'])(
  'SECURITY 197: %j before a name makes another name of it: a sibling subdomain sets no cookie of ours',
  (before) => {
    expect(readCookie(`${before}__Host-id=evil`, '__Host-id')).toBeUndefined()
    expect(readCookie(`__Host-id=good; ${before}__Host-id=evil`, '__Host-id')).toBe('good')
    expect(readCookie(`__Host-id${before}=evil`, '__Host-id')).toBeUndefined()
    expect(readCookie(` \t__Host-id\t = good\t`, '__Host-id')).toBe('good')
  },
)

test('SECURITY 291: a cookie named __proto__ is a cookie', () => {
  expect(readCookie('__proto__=1', '__proto__')).toBe('1')
  expect(readCookie('a=1', '__proto__')).toBeUndefined()
})

test('SECURITY 197: a cookie is HttpOnly, Secure, SameSite=Lax and for all paths of this host unless told', () => {
  expect(serializeCookie('a', 'b')).toBe('a=b; Path=/; Secure; HttpOnly; SameSite=Lax')
})

test('what is told is written', () => {
  const text = serializeCookie('a', 'b', {
    maxAge: 60,
    expires: new Date(0),
    path: '/x',
    domain: 'example.com',
    secure: true,
    httpOnly: false,
    sameSite: 'none',
    partitioned: true,
  })
  expect(text).toBe(
    'a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Path=/x; Secure; SameSite=None; Partitioned',
  )
})

test('what is written is read back as it was', () => {
  const value = fc.string().filter((text) => /^[!#-+\--:<-[\]-~]*$/.test(text))
  fc.assert(
    fc.property(value, (text) => {
      expect(readCookie(serializeCookie('id', text).split('; ')[0] ?? '', 'id')).toBe(text)
    }),
  )
})

test.each(['a;b', 'a b', 'a\r\nSet-Cookie: x=y', 'a\0', 'a,b', '"a"', 'a\\b', 'ä', '\u007f'])(
  'SECURITY 191: the value %j is refused and not encoded silently',
  (value) => {
    expect(() => serializeCookie('a', value)).toThrow('a character that a cookie cannot carry')
  },
)

test.each(['', 'a b', 'a=b', 'a;b', 'a\r\n', 'ä', '(a)'])('the name %j is refused', (name) => {
  expect(() => serializeCookie(name, 'x')).toThrow(TypeError)
})

test.each([
  { path: '/; Domain=evil.example' },
  { path: 'x' },
  { path: '/\r\n' },
  { domain: 'a.example; Secure' },
  { domain: '' },
  { maxAge: 1.5 },
  { maxAge: Number.NaN },
  { sameSite: 'none', secure: false },
] as const)('the attributes %j are refused', (options) => {
  expect(() => serializeCookie('a', 'b', options)).toThrow(TypeError)
})

test.each([{ secure: false }, { path: '/x' }, { domain: 'example.com' }])(
  'SECURITY 197: a __Host- cookie with %j is refused here, as a browser would drop it silently',
  (options) => {
    expect(() => serializeCookie('__Host-a', 'b', options)).toThrow('because of its prefix')
    expect(() => serializeCookie('__HOST-a', 'b', options)).toThrow('because of its prefix')
  },
)

test('a __Secure- cookie must be secure, and may have a domain', () => {
  expect(() => serializeCookie('__Secure-a', 'b', { secure: false })).toThrow('because of its prefix')
  expect(serializeCookie('__Secure-a', 'b', { domain: 'example.com' })).toContain('Domain=example.com')
})

test('a cookie is removed with the attributes it was set with', () => {
  expect(expireCookie('__Host-a')).toBe(
    '__Host-a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax',
  )
  expect(expireCookie('a', { path: '/x', maxAge: 100 })).toContain(
    'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/x',
  )
})
