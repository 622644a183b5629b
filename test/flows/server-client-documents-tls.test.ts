/** Documents in a network of one's own: over TLS with its own authority, at addresses that nobody else can have called. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import type { ClientDocumentOptions } from '../../src/server/document-settings.ts'
import { certificateAuthority } from '../setup/certificate.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'

const issuer = 'https://auth.internal.test'
const callback = 'https://apps.internal.test/cb'
const verifier = 'v'.repeat(64)
const password = 'correct horse battery'

const authority = certificateAuthority('The network')
const cleanUps: (() => unknown)[] = []
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatewright-authority-'))
  await writeFile(join(folder, 'authority.pem'), authority.certificate)
})

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(folder, { recursive: true })
})

/** The host of an application, which proves that it is that host. */
async function applications(certified = 'apps.internal.test') {
  const requests: string[] = []
  let connections = 0
  const { certificate: cert, key } = authority.issue(certified)
  const host = createServer({ cert, key }, (request, response) => {
    requests.push(`${request.headers.host} ${request.url}`)
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        client_id: id,
        client_name: 'Rosters',
        redirect_uris: [callback],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  host.on('connection', () => connections++)
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  cleanUps.push(() => void host.close())
  const at = `apps.internal.test:${(host.address() as AddressInfo).port}`
  const id = `https://${at}/oauth/client.json`
  return { at, id, requests, connections: () => connections }
}

/** The server. What it may reach is in its options, whom it believes in its environment. */
async function serverWith(dialect: Dialect, options: ClientDocumentOptions, { trusts = true } = {}) {
  const child = fork(
    fileURLToPath(new URL('../setup/documents-server.ts', import.meta.url)),
    [issuer, await freshDatabase(dialect), JSON.stringify(options)],
    {
      execArgv: ['--conditions=gatewright-source'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        ...(trusts ? { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') } : {}),
      },
    },
  )
  cleanUps.push(() => child.kill())
  const [port] = (await once(child, 'message')) as [number]
  const request = (url: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${url.slice(issuer.length)}`, { ...init, redirect: 'manual' })
  return { request, browser: browserOf({ request }, issuer) }
}

function asking(id: string): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: callback,
    code_challenge: sha256Base64url(verifier),
    code_challenge_method: 'S256',
    scope: 'read',
    resource: 'https://api.internal.test',
  })
  return `${issuer}/authorize?${query.toString()}`
}

describe.each(dialects)('%s', (dialect) => {
  test('a document inside, read over TLS: asked for, agreed to, exchanged, refreshed', async () => {
    const { at, id, requests } = await applications()
    const { request, browser } = await serverWith(dialect, { hosts: [at], reachable: ['loopback'] })
    const login = await browser.open(asking(id))
    const consent = await browser.submit(login, { username: 'alice', password })
    expect(consent.body).toContain('Rosters')
    expect(consent.body).toContain(at)
    const { location = '' } = await browser.submit(consent, { decision: 'allow' })
    expect(location).toContain(`${callback}?`)
    const send = async (form: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: id, ...form })
      const answer = await request(`${issuer}/token`, { method: 'POST', body })
      expect(answer.status).toBe(200)
      return (await answer.json()) as Record<string, string>
    }
    const code = new URL(location).searchParams.get('code') ?? ''
    const tokens = await send({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: verifier,
    })
    const { client_id: client, iss, aud } = decodeJwt(tokens['access_token'] ?? '')
    expect([client, iss, aud]).toEqual([id, issuer, 'https://api.internal.test'])
    await send({ grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' })
    expect(requests).toEqual([`${at} /oauth/client.json`])
  }, 60_000)
})

describe('SECURITY 154: a document inside is not read', () => {
  test.each([
    ['from an authority that nobody has told the server of', { isReachable: true, trusts: false }, 'cannot be reached'],
    ['from a host that proves to be another', { isReachable: true, certified: 'other.internal.test' }, 'cannot be reached'],
    ['unless inside was said to be reachable', { isReachable: false }, 'cannot be reached'],
    ['of a host that was not named', { isReachable: true, hosts: ['other.internal.test'] }, 'The client is unknown'],
  ] as readonly [string, Case, string][])('%s', async (_name, { isReachable, trusts, certified, hosts }, said) => {
    const { at, id, requests, connections } = await applications(certified)
    const options: ClientDocumentOptions = {
      hosts: hosts ?? [at],
      ...(isReachable ? { reachable: ['loopback'] } : {}),
    }
    const { browser } = await serverWith('sqlite', options, { trusts: trusts ?? true })
    const answer = await browser.open(asking(id))
    expect([answer.status, answer.path]).toEqual([400, '/authorize'])
    expect(answer.body).toContain(said)
    expect(requests).toEqual([])
    // Where it is refused for its address, nothing is even connected to.
    if (!isReachable || hosts !== undefined) expect(connections()).toBe(0)
  }, 60_000)
}) // prettier-ignore

interface Case {
  readonly isReachable: boolean
  readonly trusts?: boolean
  readonly certified?: string
  readonly hosts?: readonly string[]
}
