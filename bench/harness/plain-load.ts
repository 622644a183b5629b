/** The same request over and over on kept connections, with nothing installed: for the guard, where only CPU time counts. */

import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** One request, as it goes over the wire. */
export interface PlainRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** @throws Error for an answer with another status, or a connection that ends. */
export async function sendPlain(
  origin: string,
  request: PlainRequest,
  { amount, connections, status }: { amount: number; connections: number; status: number },
): Promise<void> {
  const { hostname, port } = new URL(origin)
  const each = Math.ceil(amount / connections)
  const bytes = wire(request)
  await Promise.all(
    Array.from({ length: connections }, () =>
      asked(connect({ host: hostname, port: Number(port), noDelay: true }), bytes, each, status),
    ),
  )
}

function wire({ method, path, headers, body }: PlainRequest): Buffer {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const fields = Object.entries({ host: 'localhost', ...headers, ...length })
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}\r\n${body ?? ''}`)
}

/** One after another on one connection. Every answer is short, has its length in its head, and comes in one or more parts. */
function asked(socket: Socket, bytes: Buffer, times: number, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = times
    let text = ''
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.on('data', (part: string) => {
      text += part
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? Number.NaN)
      if (text.length < end + 4 + length) return
      if (!text.startsWith(`HTTP/1.1 ${status} `)) {
        socket.destroy()
        reject(new Error(`${text.split('\r\n')[0]}; ${status} was expected`))
        return
      }
      text = ''
      left -= 1
      if (left > 0) socket.write(bytes)
      else socket.end(resolve)
    })
    socket.write(bytes)
  })
}
