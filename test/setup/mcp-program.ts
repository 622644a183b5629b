/** The program of the MCP example as a command, for the conformance suite: it calls one tool at the address it is given, and its person allows everything. */

import { toolsAt } from '../../examples/mcp-server/client.ts'
import type { Kept } from '../../examples/mcp-server/permission.ts'

const { MCP_CONFORMANCE_SCENARIO, MCP_CONFORMANCE_CONTEXT = '{}' } = process.env
const { client_id: id, client_secret: secret } = JSON.parse(MCP_CONFORMANCE_CONTEXT) as Record<string, string>
const kept: Kept = {}
if (id !== undefined) kept.client = { client_id: id, ...(secret && { client_secret: secret }) }

const tools = await toolsAt(process.argv.at(-1) ?? '', {
  redirectUrl: 'http://127.0.0.1:53682/callback',
  // The suite's own, which its servers know.
  documentUrl: 'https://conformance-test.local/client-metadata.json',
  kept,
  async ask(page) {
    const answer = await fetch(page, { redirect: 'manual' })
    return new URL(answer.headers.get('location') ?? '').searchParams
  },
})
if (MCP_CONFORMANCE_SCENARIO === 'tools_call') await tools.call('add_numbers', { a: 5, b: 3 })
else await tools.call('test-tool')
await tools.close()
