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

function readIncoming(incoming: IncomingMessage, onChunk: OnChunk): Promise<void> {
  return new Promise((resolve, reject) => {
    function done(): void {
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    }
    function onData(chunk: Buffer): void {
      if (onChunk(chunk)) return
      done()
      incoming.pause()
      resolve()
    }
    function onEnd(): void {
      done()
      resolve()
    }
    function onError(error: Error): void {
      done()
      reject(error)
    }
    function onClose(): void {
      onError(new Error('The connection was closed before the body was complete'))
    }
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    if (incoming.destroyed) onClose()
  })
}
