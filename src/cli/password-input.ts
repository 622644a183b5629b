/** A password that comes in by standard input, or is made here: never an argument, which every process can read. */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { randomToken } from '../crypto/random.ts'
import { CommandError } from './command-error.ts'

/** More than any password; what is behind it is not read. */
const mostBytes = 8192

/** A password of 24 characters that nobody can guess. */
export function generatedPassword(): string {
  return randomToken(18)
}

/**
 * Reads a password: what is piped in without the end of its line, or what is typed, which is not shown.
 *
 * @throws {CommandError} When nothing comes.
 */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await typed() : await piped()
  if (password === '') throw new CommandError('no password came in by standard input')
  return password
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > mostBytes)
      throw new CommandError('what came in by standard input is too long for a password')
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

async function typed(): Promise<string> {
  process.stderr.write('Password: ')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
