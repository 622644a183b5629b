/** The form that usernames are compared by. */

import { expect, test } from 'vitest'
import { readUsername } from './names.ts'

test('SECURITY 284: for every character, the key of a key is the key itself, so nothing normalises twice to another', () => {
  const unstable: string[] = []
  for (let point = 0; point <= 0x10ffff; point += 1) {
    const character = String.fromCodePoint(point)
    for (const text of [character, `a${character}b`]) {
      const key = readUsername(text)?.usernameKey
      if (key !== undefined && readUsername(key)?.usernameKey !== key) unstable.push(text)
    }
  }
  expect(unstable).toEqual([])
})
