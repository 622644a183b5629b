/** A program that uses the notes of its person, with the SDK's own client. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { permission } from './permission.ts'
import type { Program } from './permission.ts'

/** Calls tools, and asks the person whenever they have to allow more. */
export interface Tools {
  call(name: string, parameters?: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

/** How often one call may be refused before it is done: for want of a token, and for want of a scope. */
const refusals = 2

export async function toolsAt(url: string, program: Program): Promise<Tools> {
  const { authProvider, needsMore, code } = permission(program)

  async function connected(): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
    const client = new Client({ name: 'notes-program', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      authProvider,
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        if (isTooLittle(answer)) needsMore()
        return answer
      },
    })
    try {
      await client.connect(transport)
      return { client, transport }
    } catch (error) {
      await allowed(error, transport)
      return connected()
    }
  }

  /** Waits for the person, where that is what was missing. */
  async function allowed(error: unknown, transport: StreamableHTTPClientTransport): Promise<void> {
    if (!(error instanceof UnauthorizedError)) throw error
    await transport.finishAuth(await code())
  }

  const { client, transport } = await connected()
  return {
    async call(name, parameters = {}) {
      for (let left = refusals; ; left--) {
        try {
          const { content } = await client.callTool({ name, arguments: parameters })
          return (content as readonly { readonly text: string }[]).map(({ text }) => text).join('\n')
        } catch (error) {
          if (left === 0) throw error
          await allowed(error, transport)
        }
      }
    },
    close: () => client.close(),
  }
}

function isTooLittle({ status, headers }: Response): boolean {
  return status === 403 && headers.get('www-authenticate')?.includes('insufficient_scope') === true
}
