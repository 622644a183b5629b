/** What a thief of the database gets: nothing that was handed out. */

import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { randomToken } from '../../src/crypto/random.ts'
import { openDatabase } from '../../src/store/open.ts'
import { tableContents } from '../../src/store/sql/schema.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { prepared } from './workers.ts'

const now = 1_800_000_000_000
const hour = 3_600_000

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 266: after all flows, a dump of the database has nothing that was handed out', async () => {
    const url = await freshDatabase(dialect)
    await using place = await prepared(url)
    const { store } = place
    const handedOut: string[] = []
    const hashOf = (prefix: string): { readonly value: string; readonly hash: string } => {
      const value = prefix + randomToken()
      handedOut.push(value, value.slice(prefix.length))
      return { value, hash: sha256Base64url(value) }
    }
    const [secret, registration] = [hashOf('gws_'), hashOf('gwt_')]
    await store.createClient({
      id: 'shop',
      source: 'registered',
      metadata: { client_name: 'A marker that must be found' },
      secrets: [{ hash: secret.hash }],
      registrationTokenHash: registration.hash,
      disabled: false,
      createdAt: now,
    })
    const common = { clientId: 'shop', subject: 'alice', scopes: ['me'], resources: [] }
    const accessToken = (grantId?: string) => ({
      ...common,
      hash: hashOf('gwa_').hash,
      id: randomToken(16),
      ...(grantId !== undefined && { grantId }),
      audience: [],
      issuedAt: now,
      expiresAt: now + hour,
    })

    const grant = { ...common, id: randomToken(16) }
    const [code, pushed] = [hashOf('gwc_'), hashOf('urn:ietf:params:oauth:request_uri:')]
    await store.savePushedRequest({
      hash: pushed.hash,
      clientId: 'shop',
      parameters: { scope: 'me' },
      createdAt: now,
      expiresAt: now + hour,
    })
    const saved = await store.saveCode(
      {
        ...common,
        hash: code.hash,
        grantId: grant.id,
        redirectUri: 'https://shop.test/cb',
        authTime: now,
        createdAt: now,
        expiresAt: now + hour,
      },
      grant,
      { pushedRequest: pushed.hash },
    )
    expect(saved).toBe('saved')
    const first = hashOf('gwr_')
    const family = {
      id: randomToken(16),
      expiresAt: now + 24 * hour,
      scopes: ['me'],
      resources: [],
      refreshToken: { hash: first.hash, expiresAt: now + hour },
    }
    const redemption = { family, accessTokens: [accessToken(grant.id)] }
    expect(await store.redeemCode(code.hash, now, redemption)).toBe('redeemed')
    const second = hashOf('gwr_')
    const rotation = {
      successor: { hash: second.hash, expiresAt: now + hour },
      sealedAnswer: sealed(first.value, JSON.stringify({ refresh_token: second.value })),
      sealedUntil: now + 10_000,
      issued: { accessTokens: [accessToken(grant.id)] },
    }
    expect(await store.rotateRefresh(first.hash, now, rotation)).toBe('rotated')
    expect(await store.issue({ clientId: 'shop', now, accessTokens: [accessToken()] })).toBe('issued')

    const device = hashOf('gwd_')
    const userCode = hashOf('')
    await store.saveDevice({
      ...common,
      hash: device.hash,
      userCodeHash: userCode.hash,
      interval: 5000,
      createdAt: now,
      expiresAt: now + hour,
    })
    await store.claimDevice(userCode.hash, 'session', now)
    const approved = { ...common, id: randomToken(16) }
    await store.decideDevice(
      userCode.hash,
      'session',
      { approved: true, grant: approved, authTime: now },
      now,
    )
    const redeemed = await store.redeemDevice(device.hash, now, {
      family: {
        ...family,
        id: randomToken(16),
        refreshToken: { hash: hashOf('gwr_').hash, expiresAt: now + hour },
      },
    })
    expect(redeemed).toBe('redeemed')
    expect(await store.useOnce('dpop', hashOf('').hash, now + hour, now)).toBe(true)

    const dump = await everything(dialect, url)
    expect(dump).toContain('A marker that must be found')
    for (const { hash } of [code, first, second, device]) expect(dump).toContain(hash)
    expect(handedOut.length).toBeGreaterThan(20)
    for (const value of handedOut) expect(dump.includes(value), value).toBe(false)
  })
})

/** As the server seals the answer of a rotation: with a key that only the presented token gives. */
function sealed(token: string, answer: string): string {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'gatewright refresh answer', 32))
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(answer), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  )
}

/** The files of SQLite, the write-ahead log included; every row of every table of PostgreSQL. */
async function everything(dialect: Dialect, url: string): Promise<string> {
  if (dialect === 'sqlite') {
    const folder = dirname(url.slice('file:'.length))
    const files = await readdir(folder)
    expect(files.some((file) => file.endsWith('-wal'))).toBe(true)
    const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')))
    return contents.join('\n')
  }
  await using database = await openDatabase(url)
  const kysely: Kysely<Record<never, never>> = database.kysely
  const tables = Object.keys(tableContents)
  const rows = await Promise.all(
    tables.map((table) => sql`select * from ${sql.table(table)}`.execute(kysely)),
  )
  return JSON.stringify(rows.map((result) => result.rows))
}
