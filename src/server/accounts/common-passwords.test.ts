/** Tests of the list of common passwords. */

import { expect, test } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'
import { passwordPolicy } from './password-policy.ts'

const words = ['password', 'iloveyou', 'princess', 'sunshine', 'football', 'monkey', 'dragon', 'superman']

test('SECURITY 218: words of the lists are refused with everything that people put behind and around them', () => {
  const endings = ['1', '123', '1234567', '!', '!!!!!!!', '2024', '2026!', '_1990', '.12', '@123', ' 1']
  for (const word of words) {
    for (const ending of endings) {
      const [first = '', ...rest] = word
      for (const typed of [word, word.toUpperCase(), first.toUpperCase() + rest.join('')]) {
        expect(isCommonPassword(typed + ending), typed + ending).toBe(true)
        expect(isCommonPassword(`123${typed}${ending}`), `123${typed}${ending}`).toBe(true)
      }
    }
  }
})

test.each([
  'passwordpassword',
  'P@ssw0rdP@ssw0rd',
  'p4$$w0rd',
  'monkeymonkeymonkey',
  '123456789012345',
  '12345678901234567890',
  '987654321987654',
  'qwertyuiopasdfgh',
  'qwertyuiop123456',
  '1q2w3e4r5t6y7u8i',
  '1qaz2wsx3edc4rfv',
  'abcdefghijklmnop',
  'zxcvbnmasdfghjkl',
  'asdfghjklasdfghjkl',
  '123456789abcdef',
  'abc123abc123abc123',
  'administrator123',
  'manchesterunited',
  'thisisapassword',
  'correcthorsebatterystaple',
  'ichliebedich2024!',
  'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ',
])('SECURITY 218: %s is refused', (password) => {
  expect(isCommonPassword(password)).toBe(true)
})

test.each([
  'correct horse battery staple',
  'my password is a sunflower field',
  'dragons eat monkeys quietly',
  '😀'.repeat(15),
  ' '.repeat(15),
  '  leading spaces',
  'tr0ub4dor and three',
  '27182818284590452',
  'x'.repeat(1024),
  '',
])('%s is not', (password) => {
  expect(isCommonPassword(password)).toBe(false)
})

test.each([
  ['alicealicealice1', 'password_personal'],
  ['Alice@Example.com', 'password_personal'],
  ['alice.example.com!', 'password_personal'],
  ['Alice Liddell 1865', 'password_personal'],
  ['GardenParty2026!!', 'password_personal'],
  ['garden party alice', 'password_personal'],
  ['password12345678', 'password_common'],
  ['alice likes gardens', undefined],
  ['the garden of alice', undefined],
] as const)(
  'SECURITY 218: names of the person and of the service are no password: %s',
  async (password, code) => {
    const check = passwordPolicy({ serviceName: 'Garden Party' })
    const owner = { username: 'alice', name: 'Alice Liddell', email: 'alice@example.com' }
    const refused = await check(password, owner).then(
      () => undefined,
      (error: { readonly code?: string; readonly message: string }) => error,
    )
    expect(refused?.code).toBe(code)
    if (refused !== undefined) expect(refused.message).toMatch(/choose another$/)
  },
)
