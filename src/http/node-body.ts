/** The body of a `node:http` request, read without a web stream in between. */

import type { IncomingMessage } from 'node:http'
import type { BodySource, OnChunk } from './body.ts'

/**
 * A body source for a `node:http` request. It is twice as fast as the web stream, and giving up half-way leaves the
 * socket open for the answer, where cancelling the web stream would destroy it.
 */
export class NodeBody implements BodySource {
  readonly #incoming: IncomingMessage

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming
  }

  read(onChunk: OnChunk): Promise<void> | undefined {
    return isUntouched(this.#incoming) ? readIncoming(this.#incoming, onChunk) : undefined
  }
}

/** Whether nobody has begun to read. */
function isUntouched(incoming: IncomingMessage): boolean {
  return incoming.readableFlowing === null && !incoming.readableDidRead && !incoming.readableEnded
}

/** A request whose reader takes no more is left paused, and its connection open. */
function readIncoming(incoming: IncomingMessage, onChunk: OnChunk): Promise<void> {
  return new Promise((resolve, reject) => {
    function onData(chunk: Buffer): void {
      if (onChunk(chunk)) return
      incoming.off('data', onData).pause()
      resolve()
    }
    // Node tells an error of the connection to those who ask for it, and this to everybody, when all went well as well.
    function onClose(): void {
      if (incoming.readableEnded) return
      reject(new Error('The connection was closed before the body was complete'))
    }
    incoming.on('data', onData).on('end', resolve).on('close', onClose)
    if (incoming.destroyed) onClose()
  })
}
