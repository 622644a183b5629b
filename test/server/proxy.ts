/** A wire between two programs that can be cut, and that can swallow what one of them answers. */

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A port that leads to another one. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Cuts every connection; until `mend` there are no new ones. */
  cut(): void
  mend(): void
  /** From now on, what is answered is thrown away and the connection cut. Resolves after so many answers. */
  swallow(answers: number): Promise<void>
}

/** Opens a wire to a port of this machine. */
export async function openProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  let toSwallow = 0
  let swallowed: (() => void) | undefined

  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(target, '127.0.0.1')
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (toSwallow === 0) return void near.write(chunk)
      toSwallow -= 1
      end()
      if (toSwallow === 0) swallowed?.()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  function cut(): void {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend() {
      isCut = false
    },
    swallow(answers) {
      toSwallow = answers
      return new Promise((resolve) => {
        swallowed = resolve
      })
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
