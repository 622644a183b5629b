/** An application behind a real port, and a client that sends headers exactly as they are told. */

import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { Api } from 'gatewright'

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: unknown
}

/** A running application; stops at the end of the block that holds it. */
export interface Served extends AsyncDisposable {
  readonly url: string
  send(path: string, options?: SendOptions): Promise<Answer>
  /** Asks for a WebSocket and shows what the handshake was answered with; 101 when it was accepted. */
  handshake(path: string, headers?: Headers): Promise<Answer>
  /** Opens a WebSocket and gives back everything it was sent until it closed. */
  converse(path: string, headers?: Headers, say?: readonly string[]): Promise<Conversation>
}

export interface Conversation {
  readonly messages: readonly string[]
  readonly code: number
}

type Headers = Readonly<Record<string, string | readonly string[]>>

export interface SendOptions {
  readonly method?: string
  readonly headers?: Headers
  readonly body?: string | Uint8Array
}

/** Serves an application on a free port. */
export async function serve(app: Api): Promise<Served> {
  const listener = await app.listen({ port: 0 })
  const { url, port } = listener

  function send(path: string, { method = 'GET', headers = {}, body }: SendOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, headers: copied(headers), agent: false },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              body: parsed(text),
            })
          })
          incoming.on('error', reject)
        },
      )
      outgoing.on('upgrade', (incoming, socket) => {
        socket.destroy()
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: '', body: undefined })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  return {
    url,
    send,
    handshake: (path, headers = {}) =>
      send(path, {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      }),
    converse: (path, headers = {}, say = []) =>
      new Promise((resolve, reject) => {
        // Node's client takes headers, which browsers' do not.
        const options = { headers: copied(headers) } as unknown as string[]
        const socket = new WebSocket(url.replace('http', 'ws') + path, options)
        const messages: string[] = []
        socket.addEventListener('open', () => say.forEach((text) => socket.send(text)))
        socket.addEventListener('message', ({ data }) => messages.push(String(data)))
        socket.addEventListener('close', ({ code }) => resolve({ messages, code }))
        socket.addEventListener('error', () => reject(new Error(`No WebSocket at ${path}`)))
      }),
    [Symbol.asyncDispose]: () => listener.close({ grace: 1 }),
  }
}

function copied(headers: Headers): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
