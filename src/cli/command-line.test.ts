import { expect, test } from 'vitest'
import type { Command } from './command.ts'
import { readCommandLine } from './command-line.ts'

const command = {
  words: 'keys remove',
  operands: [{ name: 'key', article: 'a', example: 'abc' }],
  options: { database: { kind: 'text', value: '<url>', help: '' }, json: { kind: 'flag', help: '' } },
} as unknown as Command

test('a name that begins with a dash is a name, wherever it stands', () => {
  for (const name of [
    `-${'A'.repeat(42)}`,
    `-${'b_'.repeat(21)}`,
    '-AbCdEf0123456789_-xyz',
    `--${'Z9'.repeat(10)}`,
  ]) {
    for (const argv of [
      [name, '--database', 'file:x', '--json'],
      ['--json', '--database', 'file:x', name],
      ['--json', '--database', 'file:x', '--', name],
    ]) {
      expect(readCommandLine(command, argv)).toEqual({
        operands: [name],
        values: { database: 'file:x', json: true },
      })
    }
  }
})

test('everything else that begins with a dash is an option, known or not', () => {
  for (const word of [
    '--jsom',
    '-j',
    '-x',
    `--${'no-such-option-here-'.repeat(1)}`,
    '--a-long-option-that-is-not-there-and-wont-be',
  ]) {
    expect(() => readCommandLine(command, ['name', word])).toThrow('has no option')
  }
})
