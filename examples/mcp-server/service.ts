/** An MCP server whose tools are for people: its own authorization server says who they are and what they allow. */

import { api, insufficientScope, json, request, sameOrigin, security } from 'gatewright'
import type { Api } from 'gatewright'
import { authorizationServer } from 'gatewright/server'
import type { AuthorizationServer, ClientDocumentOptions } from 'gatewright/server'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { Message, neededFor, scopes, toolsFor } from './tools.ts'
import type { Scope } from './tools.ts'

/** Where the service is, and where it keeps what it knows. */
export interface Place {
  /** Its address: `http://localhost:8000`. */
  readonly address: string
  readonly database: string
  readonly documents?: ClientDocumentOptions
}

export function service({ address, database, documents }: Place): {
  readonly app: Api
  readonly server: AuthorizationServer<Scope>
} {
  const server = authorizationServer({
    issuer: address,
    database,
    serviceName: 'Notes',
    scopes,
    // The address that people give to their program. Tokens are for it, and for nothing else.
    resources: { [`${address}/mcp`]: { name: 'Your notes' } },
    // Nobody here has heard of the programs that will come: they are known by the address of a document,
    clientIdMetadataDocuments: documents ?? true,
    // and the older ones register themselves, with no scope but that of their first call.
    registration: { open: true, everyScope: true },
  })
  const page = sameOrigin({ origin: address })
  const auth = server.bearer({ audience: `${address}/mcp` })
  const notes = new Map<string, string[]>()

  const app = api({ title: 'Notes' })
    .mount(server)
    .post(
      '/mcp',
      { page, token: security(auth, ['notes:read']), message: json(Message), request },
      { summary: 'The tools of the notes, for programs that speak MCP' },
      async ({ token, message, request }) => {
        const missing = neededFor(message).filter((scope) => !token.scopes.includes(scope))
        // The program asks its person for these, so what it has already is among them.
        if (missing.length > 0) throw insufficientScope(auth, [...token.scopes, ...missing])

        const own = notes.get(token.subject) ?? []
        notes.set(token.subject, own)
        // One for each request: nothing that one person's program has said is there for the next.
        const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
        await toolsFor(own).connect(transport)
        return transport.handleRequest(request, { parsedBody: message })
      },
    )
  return { app, server }
}
