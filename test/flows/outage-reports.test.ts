/** What is reported while the database is away: one line when it begins, then how often since, whatever is asked for. */

import { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import { Outage, api } from 'gatewright'
import { describe, expect, test, vi } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { freshDatabase } from '../setup/database.ts'
import { openProxy } from '../server/proxy.ts'
import { browserOf } from './browser-jar.ts'
import { bodyOf, issuer, world } from './server-world.ts'

/** A database that can be taken away. */
async function awayDatabase(dialect: 'sqlite' | 'postgres') {
  const url = await freshDatabase(dialect)
  if (dialect === 'sqlite') {
    const lock = new DatabaseSync(url.replace(/^file:/, ''))
    return {
      url,
      leave: () => lock.exec('begin immediate'),
      comeBack: () => lock.exec('rollback'),
      close: async () => lock.close(),
    }
  }
  const direct = new URL(url)
  const proxy = await openProxy(Number(direct.port))
  direct.port = String(proxy.port)
  return {
    url: direct.href,
    leave: () => proxy.cut(),
    comeBack: () => proxy.mend(),
    close: () => proxy[Symbol.asyncDispose](),
  }
}

const grant = { grant_type: 'client_credentials' }

describe.each(['sqlite', 'postgres'] as const)('%s', (dialect) => {
  test('SECURITY R7, R8: an outage is one line when it begins, and then a number, not a stack trace for each request', async () => {
    const database = await awayDatabase(dialect)
    const reports: unknown[] = []
    const at = await world(dialect, {
      database: { url: database.url, statementTimeout: 1, connectTimeout: 1 },
      pages: defaultPages(),
      report: (error) => reports.push(error),
    })
    const browser = browserOf(at.server.app)
    const login = await browser.open(`${issuer}/login?next=/account`)
    database.leave()
    const requests = 40
    const answers = await Promise.all([
      ...Array.from({ length: requests }, () => at.post('/token', grant, 'machine')),
      browser.submit(login, { username: 'alice', password: 'correct horse battery' }),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    const of = (wanted: (error: Outage) => boolean) =>
      reports.filter((error): error is Outage => error instanceof Outage && wanted(error))
    // The token endpoint and the revocations that nobody asked for say it in the same words; no more than these few.
    const begun = of(({ times }) => times === 1)
    expect(begun.length).toBeGreaterThan(0)
    expect(begun.length).toBeLessThanOrEqual(4)
    expect(new Set(begun.map(({ message }) => message)).size).toBe(begun.length)
    for (const each of begun) {
      expect(inspect(each)).toMatch(/^Outage: [^\n]+$/)
      expect(each.cause).toBeInstanceOf(Error)
    }
    expect(reports).toHaveLength(begun.length)
    // Nothing is forgotten: what was only counted is told some seconds later, in as few lines.
    await vi.waitFor(() => expect(of(({ times }) => times > 1).length).toBeGreaterThan(0), {
      timeout: 20_000,
    })
    const counted = of(({ times }) => times > 1)
    expect(counted.length).toBeLessThanOrEqual(begun.length)
    expect(counted.reduce((sum, { times }) => sum + times, begun.length)).toBeGreaterThanOrEqual(requests)
    expect(inspect(counted[0])).toMatch(/^Outage: [^\n]+ \(\d+ times more\)$/)

    database.comeBack()
    await vi.waitFor(async () => expect((await at.post('/token', grant, 'machine')).status).toBe(200), {
      timeout: 20_000,
    })
    await at.server.close()
    await database.close()
  }, 60_000)
})

describe.each(['sqlite', 'postgres'] as const)('%s', (dialect) => {
  test('a page that says that it cannot be shown just now is counted as well, and so is a login', async () => {
    const database = await awayDatabase(dialect)
    const reports: unknown[] = []
    const at = await world(dialect, {
      database: { url: database.url, statementTimeout: 1, connectTimeout: 1 },
      pages: defaultPages(),
      report: (error) => reports.push(error),
    })
    const browser = browserOf(at.server.app)
    const login = await browser.open(`${issuer}/login?next=/account`)
    const told = async (work: () => Promise<{ readonly status: number }>): Promise<number> => {
      database.leave()
      reports.length = 0
      expect((await work()).status).toBe(503)
      database.comeBack()
      return reports.length
    }
    // As if nobody had asked in the last seconds.
    expect(await told(() => browser.open(`${issuer}/login?next=/account`))).toBeGreaterThan(0)
    const credentials = { username: 'alice', password: 'correct horse battery' }
    // What is told again only after a while may have been told by somebody else a moment ago.
    await vi.waitFor(
      async () => expect(await told(() => browser.submit(login, credentials))).toBeGreaterThan(0),
      { timeout: 40_000, interval: 6000 },
    )
    await at.server.close()
    await database.close()
  }, 60_000)
})

test('what is no outage is reported each time and as it is', async () => {
  const reports: unknown[] = []
  const wrong = new Error('nobody foresaw this')
  const app = api({ report: (error) => reports.push(error) }).get('/', {}, () => {
    throw wrong
  })
  for (let count = 0; count < 3; count += 1) expect((await app.request('/')).status).toBe(500)
  expect(reports).toEqual([wrong, wrong, wrong])
})

test('of very many different outages those beyond twenty are counted together', async () => {
  const reports: unknown[] = []
  let number = 0
  const app = api({ report: (error) => reports.push(error) }).get('/', {}, () => {
    number += 1
    throw Object.assign(new Error(`number ${String(number)}`), { isTransient: true })
  })
  for (let count = 0; count < 100; count += 1) {
    const answer = await app.request('/')
    expect([answer.status, await bodyOf(answer)]).toEqual([503, { detail: 'Service Unavailable' }])
  }
  expect(reports).toHaveLength(21)
  expect(String(reports.at(-1))).toBe('Outage: Requests are refused for now')
})
