/** A port of this machine that nobody listens on, for a server that must know its address before it starts. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Finds one. Somebody else may take it in the meantime; that is rare enough for tests. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** `http://localhost` with such a port. */
export async function freeAddress(): Promise<string> {
  return `http://localhost:${await freePort()}`
}
