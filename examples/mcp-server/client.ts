/** A program that uses the notes of its person: the SDK's own client, with what it leaves to whoever uses it. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

/** What a program knows of itself, and what it keeps between its runs. */
export interface Program {
  /** Where the browser comes back to: `http://127.0.0.1:53682/callback`. */
  readonly redirectUrl: string
  /** Its document; without one it registers. */
  readonly documentUrl?: string
  /** Shows the page to the person, and resolves with the code that came back. */
  readonly ask: (url: URL) => Promise<string>
  readonly kept: Kept
}

export interface Kept {
  client?: OAuthClientInformationMixed
  tokens?: OAuthTokens
}

/** Calls tools, and asks the person whenever they have to allow more. */
export interface Tools {
  call(name: string, parameters?: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

export async function toolsAt(url: string, program: Program): Promise<Tools> {
  const { kept } = program
  let asked: Promise<string> | undefined
  const authProvider = provider(program, (page) => {
    asked = program.ask(page)
  })

  async function connected(): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
    const client = new Client({ name: 'notes-program', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      authProvider,
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        // The SDK would refresh its token, which brings no scope that the person has not allowed.
        if (isTooLittle(answer)) delete kept.tokens
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
    if (!(error instanceof UnauthorizedError) || asked === undefined) throw error
    const code = await asked
    asked = undefined
    await transport.finishAuth(code)
  }

  const { client, transport } = await connected()
  return {
    async call(name, parameters = {}) {
      const send = () => client.callTool({ name, arguments: parameters })
      const { content } = await send().catch((error: unknown) => allowed(error, transport).then(send))
      return (content as readonly { readonly text: string }[]).map(({ text }) => text).join('\n')
    },
    close: () => client.close(),
  }
}

function isTooLittle(answer: Response): boolean {
  return (
    answer.status === 403 && answer.headers.get('www-authenticate')?.includes('insufficient_scope') === true
  )
}

function provider({ redirectUrl, documentUrl, kept }: Program, ask: (url: URL) => void): OAuthClientProvider {
  let verifier = ''
  return {
    redirectUrl,
    ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }),
    clientMetadata: {
      client_name: 'Notes program',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    saveCodeVerifier: (given) => void (verifier = given),
    codeVerifier: () => verifier,
    redirectToAuthorization: ask,
  }
}
