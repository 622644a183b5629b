/** No example is longer than its Python counterpart: lines that are neither blank nor comment. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test.each([
  { file: 'first-steps.ts', most: 8, python: 8 },
  { file: 'current-user.ts', most: 21, python: 21 },
  // Of the next two, 69 and 82 lines in Python are mechanism that is the same in every application.
  { file: 'jwt-passwords.ts', most: 42, python: 111 },
  { file: 'scopes.ts', most: 59, python: 141 },
  { file: 'either-of-two.ts', most: 60, python: undefined },
  { file: 'optional-login.ts', most: 40, python: undefined },
  { file: 'cookie-token.ts', most: 60, python: undefined },
])('$file has at most $most lines (FastAPI: $python)', ({ file, most }) => {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n')
  const counted = lines.filter((line) => !/^\s*(\/\/|\/\*\*.*\*\/$|$)/.test(line))
  expect(counted.length).toBeLessThanOrEqual(most)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110)
})
