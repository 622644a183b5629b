/** What the program does for the SDK's client: asking for more, being refused, beginning anew, and not believing everybody. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, expect, test } from 'vitest'
import { browserOf } from '../../test/flows/browser-jar.ts'
import { freePort } from '../../test/setup/free-port.ts'
import { toolsAt } from './client.ts'
import { permission } from './permission.ts'
import type { Kept, Program } from './permission.ts'
import { service } from './service.ts'

const password = 'correct horse battery staple'
const redirectUrl = 'http://127.0.0.1:53682/callback'

const cleanUps: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** The service, and a program whose person decides. */
async function places(decisions: readonly string[], answered = (came: URLSearchParams) => came) {
  const port = await freePort()
  const address = `http://localhost:${port}`
  const { app, server } = service({ address, database: 'sqlite::memory:' })
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', password })
  const listening = await app.listen({ port, hostname: 'localhost' })
  cleanUps.push(() => listening.close())
  const browser = browserOf(app, address)
  const asked: (string | null)[] = []
  const kept: Kept = {}
  const program: Program = {
    redirectUrl,
    kept,
    async ask(url) {
      const decision = decisions[asked.length] ?? 'nothing more was to be asked'
      asked.push(url.searchParams.get('scope'))
      const page = await browser.open(url.href)
      const consent = page.path === '/login' ? await browser.submit(page, { username: 'alice', password }) : page
      const { location = '' } = await browser.submit(consent, { decision })
      return answered(new URL(location).searchParams)
    },
  } // prettier-ignore
  return { url: `${address}/mcp`, program, kept, asked }
}

test('the SDK by itself answers a challenge for more by refreshing, which brings no scope, and gives up', async () => {
  const { url, program, kept, asked } = await places(['allow'])
  await (await toolsAt(url, program)).close()
  const { refresh_token: before } = kept.tokens ?? {}
  const { authProvider } = permission(program)
  const client = new Client({ name: 'notes-program', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }))
  const more = client.callTool({ name: 'add_note', arguments: { text: 'Buy bread' } })
  await expect(more).rejects.toThrow('403 after trying upscoping')
  expect(asked).toEqual(['notes:read'])
  expect(kept.tokens?.scope).toBe('notes:read')
  expect(kept.tokens?.refresh_token).not.toBe(before)
  await client.close()
})

test('more that the person refuses costs nothing of what they have allowed, and can be asked for again', async () => {
  const { url, program, kept, asked } = await places(['allow', 'deny', 'allow'])
  const tools = await toolsAt(url, program)
  await expect(tools.call('add_note', { text: 'Buy bread' })).rejects.toThrow('Not allowed: access_denied')
  expect(asked).toEqual(['notes:read', 'notes:read notes:write'])
  expect(await tools.call('list_notes')).toBe('')
  // What refreshes it is still there as well.
  kept.tokens = { ...kept.tokens, access_token: 'over', token_type: 'bearer' }
  expect(await tools.call('list_notes')).toBe('')
  expect(asked).toHaveLength(2)
  expect(await tools.call('add_note', { text: 'Buy milk' })).toBe('You have 1 notes')
  expect(asked).toHaveLength(3)
  await tools.close()
})

test('with tokens that the server knows no more, the person is asked anew, and the same for a client', async () => {
  const { url, program, kept, asked } = await places(['allow', 'allow', 'allow'])
  await (await toolsAt(url, program)).close()
  const nothing = { access_token: 'over', refresh_token: 'over', token_type: 'bearer' }
  kept.tokens = { ...kept.tokens, ...nothing }
  const again = await toolsAt(url, program)
  expect(await again.call('list_notes')).toBe('')
  expect(asked).toHaveLength(2)
  await again.close()
  const forgotten = { ...kept.client, client_id: 'forgotten' }
  kept.tokens = { ...kept.tokens, ...nothing }
  kept.client = forgotten
  const anew = await toolsAt(url, program)
  expect(await anew.call('list_notes')).toBe('')
  expect(asked).toHaveLength(3)
  expect(kept.client.client_id).not.toBe('forgotten')
  await anew.close()
})

test.each([
  ['another server', { iss: 'https://evil.example' }],
  ['no server, where ours names itself', { iss: undefined }],
  ['another question', { state: 'another' }],
  ['no question', { state: undefined }],
])('an answer of %s brings no token', async (_name, changed: Record<string, string | undefined>) => {
  const { url, program, kept } = await places(['allow'], (came) => {
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined) came.delete(name)
      else came.set(name, value)
    }
    return came
  })
  await expect(toolsAt(url, program)).rejects.toThrow('This was not asked for')
  expect(kept.tokens).toBeUndefined()
})
