/** The server behind a proxy: the keys of a client come through it, over TLS, and nothing goes past it. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createProxy } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { certificateAuthority } from '../test/setup/certificate.ts'
import { freePort } from '../test/setup/free-port.ts'
import { until } from '../test/setup/until.ts'

const cleanUps: (() => unknown)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('the keys of a client are fetched through the proxy, and its token is issued', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  const authority = certificateAuthority()
  const { certificate: cert, key } = authority.issue('office.example')
  const office = await listening(
    createServer({ cert, key }, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(keys))
    }),
  )
  const asked: (string | undefined)[] = []
  const proxy = await listening(
    createProxy().on('connect', (request, socket) => {
      asked.push(request.url)
      const there = connect(office, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        there.pipe(socket).pipe(there)
      })
      for (const each of [there, socket]) each.on('error', () => undefined)
    }),
  )
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-proxy-'))
  cleanUps.push(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'authority.pem'), authority.certificate)

  const port = String(await freePort())
  const main = fileURLToPath(new URL('behind-a-proxy.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=gatewright-source', main], {
    env: {
      ...process.env,
      NODE_ENV: '',
      PORT: port,
      NODE_USE_ENV_PROXY: '1',
      // Node reads the small letters first.
      https_proxy: `http://127.0.0.1:${proxy}`,
      no_proxy: '',
      NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  cleanUps.push(async () => {
    child.kill()
    await once(child, 'close')
  })
  const issuer = `http://localhost:${port}`
  await until(async () => (await fetch(`${issuer}/jwks`).catch(() => undefined))?.ok === true)
  const assertion = await new SignJWT({ jti: 'first' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer('office')
    .setSubject('office')
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(privateKey)
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'reports:read',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  })
  expect([answer.status, await answer.json()]).toMatchObject([200, { scope: 'reports:read' }])
  expect(asked).toEqual(['office.example:443'])
}, 60_000)
