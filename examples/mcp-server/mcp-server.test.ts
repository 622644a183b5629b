/** The MCP server as a program meets it: the SDK's own client, a person with a real browser, and nothing set up between them. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserForTests } from '../../test/setup/browser-test.ts'
import { dialects, freshDatabase } from '../../test/setup/database.ts'
import type { Dialect } from '../../test/setup/database.ts'
import { freeAddress, freePort } from '../../test/setup/free-port.ts'
import { toolsAt } from './client.ts'
import type { Kept, Program } from './permission.ts'
import { service } from './service.ts'

const password = 'correct horse battery staple'
const documentUrl = 'https://notes-program.example/oauth/client.json'

const { cleanUp, newContext, serve } = browserForTests()

/** The service, and a program on this computer whose document is out in the world. */
async function places(dialect: Dialect) {
  const address = await freeAddress()
  const read: string[] = []
  const documents = {
    fetch: async (url: string) => {
      read.push(url)
      return Response.json({
        client_id: documentUrl,
        client_name: 'Notes program',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      })
    },
  }
  const { app, server } = service({ address, database: await freshDatabase(dialect), documents })
  const { accounts } = await server.open()
  for (const username of ['alice', 'bob']) await accounts.create({ username, password })
  await serve(app, address)
  return { address, url: `${address}/mcp`, read, server }
}

/** A program, with the browser of its person. */
async function programOf(username: string, more: Partial<Program> = {}) {
  const context = await newContext({ viewport: { width: 1280, height: 900 } })
  const pages: string[] = []
  const scopes: (string | null)[] = []
  let came: (url: URL) => void = () => undefined
  const listening = createServer((request, response) => {
    response.end('You can close this window.')
    came(new URL(request.url ?? '', 'http://127.0.0.1'))
  }).listen(0, '127.0.0.1')
  await new Promise((ready) => listening.once('listening', ready))
  cleanUp(() => new Promise((closed) => listening.close(closed)))
  const kept: Kept = {}
  const program: Program = {
    redirectUrl: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/callback`,
    kept,
    async ask(url) {
      scopes.push(url.searchParams.get('scope'))
      const back = new Promise<URL>((resolve) => (came = resolve))
      const page = await context.newPage()
      await page.goto(url.href)
      if (await page.isVisible('#password')) {
        await page.fill('#username', username)
        await page.fill('#password', password)
        await page.press('#password', 'Enter')
      }
      await page.waitForSelector('button[value=allow]')
      pages.push(await page.innerText('main'))
      await looked(page, pages.length)
      await page.click('button[value=allow]')
      const { searchParams } = await back
      await page.close()
      return searchParams
    },
    ...more,
  }
  return { program, kept, pages, scopes }
}

async function looked(page: Page, number: number): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [320, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${folder}/mcp-consent-${number}-${width}.png`, fullPage: true })
  }
}

describe.each(dialects)('%s', (dialect) => {
  test('with its document: found, shown, agreed to, called, and asked for more when a tool needs it', async () => {
    const { url, read, server } = await places(dialect)
    const { program, kept, pages, scopes } = await programOf('alice', { documentUrl })
    const tools = await toolsAt(url, program)
    expect(scopes).toEqual(['notes:read'])
    expect(pages[0]).toContain('Notes program')
    expect(pages[0]).toContain('published at notes-program.example')
    expect(pages[0]).toContain('any program here could say that it is this one')
    expect(pages[0]).toContain('Read your notes')
    expect(pages[0]).not.toContain('Add notes')
    expect(await tools.call('list_notes')).toBe('')
    expect(scopes).toHaveLength(1)

    expect(await tools.call('add_note', { text: 'Buy bread' })).toBe('You have 1 notes')
    expect(scopes).toEqual(['notes:read', 'notes:read notes:write'])
    expect(pages[1]).toMatch(/Add notes\s+New/)
    expect(await tools.call('list_notes')).toBe('Buy bread')
    expect(await tools.call('add_note', { text: 'And milk' })).toBe('You have 2 notes')
    expect(scopes).toHaveLength(2)
    expect(kept.client?.client_id).toBe(documentUrl)
    expect(read).toEqual([documentUrl])
    await tools.close()

    // Its next run: what it kept is enough, and a token that is over is refreshed.
    const over = { ...kept.tokens, access_token: 'over' } as NonNullable<Kept['tokens']>
    const again = await toolsAt(url, { ...program, kept: { ...kept, tokens: over } })
    expect(await again.call('list_notes')).toBe('Buy bread\nAnd milk')
    expect(scopes).toHaveLength(2)
    await again.close()

    // Another site in somebody's browser is not let near a server on their computer, whatever it got hold of.
    const authorization = `Bearer ${kept.tokens?.access_token}`
    const from = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(url, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' }))
        .status
    const json = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization,
    }
    expect(await from(json)).toBe(200)
    expect(await from({ ...json, origin: 'https://evil.example' })).toBe(403)

    // Other people's notes are theirs.
    const { clients } = await server.open()
    expect(await clients.get(documentUrl)).toMatchObject({ source: 'document' })
    const other = await programOf('bob', { documentUrl })
    const others = await toolsAt(url, other.program)
    expect(await others.call('list_notes')).toBe('')
    await others.close()
  }, 60_000)

  test('without a document it registers, as the SDK does it', async () => {
    const { url, read } = await places(dialect)
    const { program, kept, pages } = await programOf('alice')
    const tools = await toolsAt(url, program)
    expect(await tools.call('add_note', { text: 'Buy bread' })).toBe('You have 1 notes')
    expect(pages[0]).toContain('Nobody has checked who is behind this application')
    expect(pages).toHaveLength(2)
    expect(kept.client?.client_id).toMatch(/^[\w-]{22}$/)
    expect(read).toEqual([])
    await tools.close()
  }, 60_000)
})

test('what a program is told, step by step', async () => {
  const { address, url } = await places('sqlite')
  const listing = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  const send = (headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify(listing),
    }) // prettier-ignore
  const refused = await send()
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toBe(
    `Bearer scope="notes:read", resource_metadata="${address}/.well-known/oauth-protected-resource/mcp"`,
  )
  const resource = await fetch(`${address}/.well-known/oauth-protected-resource/mcp`)
  expect(await resource.json()).toMatchObject({
    resource: url,
    authorization_servers: [address],
    scopes_supported: ['notes:read', 'notes:write'],
  })
  const server = await fetch(`${address}/.well-known/oauth-authorization-server`)
  expect(await server.json()).toMatchObject({
    issuer: address,
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    registration_endpoint: `${address}/register`,
  })
  // A program whose token has died asks for what it needs, and not for all there is.
  const died = await send({ authorization: 'Bearer of-no-good' })
  expect(died.status).toBe(401)
  expect(died.headers.get('www-authenticate')).toMatch(
    /^Bearer error="invalid_token", .*scope="notes:read", /,
  )
  expect((await fetch(url)).status).toBe(405)
})

test('the command of the documentation starts it, and says which address to give to a program', async () => {
  const port = String(await freePort())
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn('node', ['--conditions=gatewright-source', main], {
    env: { ...process.env, NODE_ENV: '', PORT: port },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [url = ''] = line.toString().split(' ')
    expect(url).toBe(`http://localhost:${port}/mcp`)
    expect((await fetch(url, { method: 'POST' })).status).toBe(401)
  } finally {
    child.kill()
    await once(child, 'close')
  }
})
