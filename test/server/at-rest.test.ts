/** What is at rest: after every flow, nothing that was handed out can be found in the database, nor any private key. */

import { readFileSync, readdirSync, statSync } from 'node:fs'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { openLedger } from './ledger.ts'
import {
  clients,
  filesResource,
  hash,
  jwt,
  mintCode,
  post,
  redeem,
  redirectUri,
  refresh,
  secrets,
  serverOptions,
} from './parties.ts'
import { freePort, startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

const secretKey = 'the secret key of a server that is only tested'

/** Everything that anybody was given or has typed in, by what it is. */
type Handed = Map<string, string>

/** Does everything there is, and keeps every value that could be used. */
async function everything(server: RunningServer, issuer: string): Promise<Handed> {
  const handed: Handed = new Map(Object.entries(secrets).map(([id, secret]) => [`secret of ${id}`, secret]))
  const keep = (name: string, value: string | undefined): string => {
    if (value === undefined) throw new Error(`There is no ${name}`)
    handed.set(name, value)
    return value
  }
  const subject = await server.call('createUser', 'anna', ['read', 'write'])
  keep('password', 'the password of anna')

  const redemption = await mintCode(server, subject)
  keep('code', redemption.code)
  keep('code verifier', redemption['code_verifier'])
  const first = await redeem(server, redemption)
  keep('access token', first.body.access_token)
  const second = await refresh(server, keep('used refresh token', first.body.refresh_token))
  keep('refreshed access token', second.body.access_token)
  keep('refresh token', second.body.refresh_token)
  keep('code that nobody redeemed', (await mintCode(server, subject)).code)

  const basic = { authorization: `Basic ${btoa(`web:${encodeURIComponent(secrets.web)}`)}` }
  const pushed = {
    response_type: 'code',
    redirect_uri: redirectUri,
    code_challenge: hash('x'.repeat(43)),
    code_challenge_method: 'S256',
  }
  const par = await post(`${server.url}/par`, pushed, basic)
  const { request_uri } = JSON.parse(par.text) as { request_uri?: string }
  keep('pushed request', request_uri)
  keep('pushed request without its name', request_uri?.split(':').at(-1))

  const machine = { grant_type: 'client_credentials', client_id: 'post', client_secret: secrets.post }
  keep('machine token', (await post(`${server.url}/token`, machine)).body.access_token)
  const reference = await post(`${server.url}/token`, { ...machine, resource: filesResource })
  keep('reference token', reference.body.access_token)

  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = { typ: 'dpop+jwt', jwk: key.publicKey.export({ format: 'jwk' }) }
  const claims = {
    htm: 'POST',
    htu: `${issuer}/token`,
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
  }
  const proof = jwt(header, claims, key.privateKey)
  keep('DPoP proof', proof)
  keep('bound token', (await post(`${server.url}/token`, machine, { dpop: proof })).body.access_token)

  for (const isDecided of [false, true]) {
    const begun = await post(`${server.url}/device_authorization`, { client_id: 'tv' })
    const device = JSON.parse(begun.text) as { device_code: string; user_code: string }
    keep(`device code ${isDecided}`, device.device_code)
    keep(`user code ${isDecided}`, device.user_code)
    keep(`user code without its line ${isDecided}`, device.user_code.replaceAll('-', ''))
    if (!isDecided) continue
    await server.call('approveDevice', device.user_code, subject)
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'tv',
      device_code: device.device_code,
    }
    const answer = await post(`${server.url}/token`, form)
    keep('access token of the device', answer.body.access_token)
    keep('refresh token of the device', answer.body.refresh_token)
  }

  await server.call('rotateKeys')
  for (const [index, member] of (await server.call('privateMembers')).entries()) {
    keep(`private key ${index}`, member)
  }
  keep('secret key', secretKey)
  return handed
}

/** All rows of all tables as text, and on SQLite the bytes of all files. */
async function dump(dialect: Dialect, database: string): Promise<readonly Buffer[]> {
  await using ledger = await openLedger(database)
  const tables = await ledger.tables()
  const rows = await Promise.all(tables.map((table) => ledger.rows(`select * from ${table}`)))
  const text = rows.flat().map((row) =>
    Object.values(row as object)
      .map(String)
      .join('\n'),
  )
  return [
    Buffer.from(text.join('\n')),
    ...(dialect === 'sqlite' ? files(database).map((file) => readFileSync(file)) : []),
  ]
}

/** The database file, its write-ahead log, and what else stands beside it. */
function files(database: string): readonly string[] {
  const file = database.slice('file:'.length)
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)))
  return names.map((name) => join(dirname(file), name))
}

/** A value as it is, its bytes if it is base64url, and both in the spellings that a database may give them. */
function spellings(value: string): readonly Buffer[] {
  const secret = value.replace(/^gw[a-z]_/, '')
  const bytes = [Buffer.from(value), Buffer.from(secret), Buffer.from(secret, 'base64url')]
  return bytes
    .filter(({ length }) => length >= 8)
    .flatMap((each) => [
      each,
      Buffer.from(each.toString('base64')),
      Buffer.from(each.toString('base64url')),
      Buffer.from(each.toString('hex')),
      Buffer.from(each.toString('hex').toUpperCase()),
    ])
}

function found(dumped: readonly Buffer[], handed: Handed): readonly string[] {
  return [...handed.entries()]
    .filter(([, value]) =>
      spellings(value).some((spelling) => dumped.some((bytes) => bytes.includes(spelling))),
    )
    .map(([name]) => name)
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 266, 267, 270: nothing that was handed out is in the database, and no private key', async () => {
    const database = await freshDatabase(dialect)
    const issuer = `http://127.0.0.1:${await freePort()}`
    const options = { ...serverOptions(database, issuer), secretKey }
    await using server = await startServer({ options })
    const handed = await everything(server, issuer)
    expect(handed.size).toBeGreaterThan(25)
    // While the server runs, so that the write-ahead log is there; everything was written to it.
    const dumped = await dump(dialect, database)
    expect(found(dumped, handed)).toEqual([])
    // The search finds what is there.
    const known: Handed = new Map([
      ['the hash of the code', hash(handed.get('code') ?? '')],
      ['the hash of the refresh token', hash(handed.get('refresh token') ?? '')],
      ['the name', 'anna'],
      ...clients.map(({ id }): [string, string] => [id, id]),
    ])
    const short = [...known].filter(([, value]) => dumped.some((bytes) => bytes.includes(value)))
    expect(short.map(([name]) => name)).toEqual([...known.keys()])
    if (dialect === 'sqlite') {
      expect(dumped.length).toBeGreaterThan(2)
      // Nobody but the owner reads them.
      expect(files(database).map((file) => statSync(file).mode & 0o777)).toEqual(
        files(database).map(() => 0o600),
      )
    }
  })

  test('SECURITY 267: outside of development a secret key is needed, the same one each time, and a wrong one is said to be wrong', async () => {
    const database = await freshDatabase(dialect)
    const options = serverOptions(database, 'https://login.example')
    const start = (key?: string): Promise<RunningServer> =>
      startServer({ options }, { GATEWRIGHT_SECRET_KEY: key ?? '', NODE_ENV: '' })

    await expect(start()).rejects.toThrow(
      /secretKey.*set the environment variable GATEWRIGHT_SECRET_KEY to 32/,
    )
    await expect(start('too short')).rejects.toThrow(/secretKey.*32 characters or more/)

    const issued = await withServer(start(secretKey), (server) => machineToken(server))
    await expect(start(`another ${secretKey}`)).rejects.toThrow(
      /encrypted with another secret key: set GATEWRIGHT_SECRET_KEY/,
    )
    // The one before opens everything again.
    await using again = await start(secretKey)
    const response = await fetch(`${again.api}/me`, { headers: { authorization: `Bearer ${issued}` } })
    expect(response.status).toBe(200)
  })

  test('SECURITY 267: the machine of a developer is no production, whatever its address', async () => {
    const options = serverOptions(await freshDatabase(dialect), 'http://localhost:8000')
    await expect(
      startServer({ options }, { GATEWRIGHT_SECRET_KEY: '', NODE_ENV: 'production' }),
    ).rejects.toThrow(/https|GATEWRIGHT_SECRET_KEY/)
  })
})

async function withServer<Value>(
  starting: Promise<RunningServer>,
  work: (server: RunningServer) => Promise<Value>,
): Promise<Value> {
  await using server = await starting
  return await work(server)
}

async function machineToken(server: RunningServer): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: 'post', client_secret: secrets.post }
  const { body } = await post(`${server.url}/token`, form)
  if (body.access_token === undefined) throw new Error('There is no token')
  return body.access_token
}
