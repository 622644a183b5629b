/** What a program may do with the notes of a person: the tools of the MCP server, and the scope that each needs. */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

/** The sentences are shown to the person who is asked. */
export const scopes = { 'notes:read': 'Read your notes', 'notes:write': 'Add notes' }

export type Scope = keyof typeof scopes

/** The scope of each tool. */
const scopeOf: Readonly<Record<string, Scope>> = { list_notes: 'notes:read', add_note: 'notes:write' }

/** A message as it comes in, as far as it has to be known before the SDK reads it. */
export const Message = z.looseObject({
  method: z.string().exactOptional(),
  params: z.looseObject({ name: z.string().exactOptional() }).exactOptional(),
})

/** The scopes that a message needs. A tool that nobody has given a scope needs all there are. */
export function neededFor({ method, params }: z.infer<typeof Message>): readonly Scope[] {
  if (method !== 'tools/call') return []
  const scope = scopeOf[params?.name ?? '']
  return scope === undefined ? (Object.keys(scopes) as Scope[]) : [scope]
}

/** The tools, for one person's notes. */
export function toolsFor(notes: string[]): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('list_notes', { description: 'All notes, the oldest first' }, () => ({
    content: notes.map((text) => ({ type: 'text', text })),
  }))
  server.registerTool(
    'add_note',
    { description: 'Adds a note', inputSchema: { text: z.string().trim().min(1).max(1000) } },
    ({ text }) => {
      notes.push(text)
      return { content: [{ type: 'text', text: `You have ${notes.length} notes` }] }
    },
  )
  return server
}
