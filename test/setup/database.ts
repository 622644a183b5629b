/** A database of its own for a test: a SQLite file, or a database on the PostgreSQL of the run. Gone after the test file. */

import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, inject } from 'vitest'

/** The databases that everything is tested on. */
export const dialects = ['sqlite', 'postgres'] as const

/** One of {@link dialects}. */
export type Dialect = (typeof dialects)[number]

const cleanUps: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** The URL of a new, empty database. */
export async function freshDatabase(dialect: Dialect): Promise<string> {
  return dialect === 'sqlite' ? `file:${join(await freshFolder(), 'test.db')}` : freshPostgres()
}

/**
 * Makes a copy of a database that nobody has open. What it gives puts that copy in the place of the database, as often
 * as it is asked to, and again nobody may have it open. Gone with the test file.
 */
export async function backupOf(url: string): Promise<() => Promise<void>> {
  if (url.startsWith('file:')) {
    const file = url.slice('file:'.length)
    await copyFile(file, `${file}.backup`)
    return async () => {
      for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true })
      await copyFile(`${file}.backup`, file)
    }
  }
  const server = await postgresServer()
  const name = new URL(url).pathname.slice(1)
  const copy = `${name}_backup`
  await administrate(server, `create database ${copy} template ${name}`)
  cleanUps.push(() => administrate(server, `drop database if exists ${copy} with (force)`))
  return async () => {
    await administrate(server, `drop database ${name}`)
    await administrate(server, `create database ${name} template ${copy}`)
  }
}

/** A new, empty folder. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-test-'))
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The URL of the PostgreSQL server itself, as its administrator; the server is started if it is not running. */
export function postgresServer(): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    connect(inject('postgresStarter'), '127.0.0.1')
      .on('data', (chunk) => (answer += chunk.toString()))
      .on('error', reject)
      .on('end', () => {
        const [, kind, text = ''] = /^(url|error) (.*)$/s.exec(answer) ?? []
        if (kind === 'url') resolve(text)
        else reject(new Error(`PostgreSQL did not start: ${text}`))
      })
  })
}

async function freshPostgres(): Promise<string> {
  const server = await postgresServer()
  const name = `gatewright_test_${randomBytes(6).toString('hex')}`
  await administrate(server, `create database ${name}`)
  cleanUps.push(() => administrate(server, `drop database if exists ${name} with (force)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function administrate(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
