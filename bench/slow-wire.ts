/** A wire between two hosts, as far as time goes: everything that passes arrives later. */

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A port that leads to another one. */
export interface SlowWire extends AsyncDisposable {
  readonly port: number
  /** How many requests went to which path, as each has a connection of its own. */
  readonly requests: ReadonlyMap<string, number>
}

/**
 * Opens a wire.
 *
 * @param delay How long a byte is on its way in one direction, in milliseconds. A new connection takes as long each way too.
 */
export async function openSlowWire(target: number, delay: number): Promise<SlowWire> {
  const sockets = new Set<Socket>()
  const requests = new Map<string, number>()
  // Never before what was sent earlier: timers of one length end in the order in which they began.
  const later = (work: () => void): void => void (delay === 0 ? work() : setTimeout(work, delay))

  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    let isFirst = true
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    // The handshake: there and back, before the first byte may go.
    near.pause()
    later(() => later(() => near.resume()))
    near.on('data', (chunk) => {
      if (isFirst) count(chunk.toString('latin1'))
      isFirst = false
      later(() => far.write(chunk))
    })
    far.on('data', (chunk) => later(() => near.write(chunk)))
    near.on('end', () => later(() => far.end()))
    far.on('end', () => later(() => near.end()))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  function count(head: string): void {
    const path = /^[A-Z]+ ([^ ?]+)/.exec(head)?.[1] ?? '?'
    requests.set(path, (requests.get(path) ?? 0) + 1)
  }

  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
