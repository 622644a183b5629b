/** The body of a `node:http` request, read without a web stream in between. */

import type { IncomingMessage } from 'node:http'
import { unreadable } from './body.ts'
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

  read<Made>(onChunk: OnChunk, made: () => Made): Promise<Made> | undefined {
    return isUntouched(this.#incoming) ? readIncoming(this.#incoming, onChunk, made) : undefined
  }
}

/** Whether nobody has begun to read. */
function isUntouched(incoming: IncomingMessage): boolean {
  return incoming.readableFlowing === null && !incoming.readableDidRead && !incoming.readableEnded
}

/** A request whose reader takes no more is left paused, and its connection open. */
function readIncoming<Made>(incoming: IncomingMessage, onChunk: OnChunk, made: () => Made): Promise<Made> {
  return new Promise((resolve, reject) => {
    function settle(): void {
      try {
        resolve(made())
      } catch (error) {
        reject(error)
      }
    }
    function onData(chunk: Buffer): void {
      if (onChunk(chunk)) return
      incoming.off('data', onData).pause()
      settle()
    }
    // Node tells an error of the connection to those who ask for it, and this to everybody, when all went well as well.
    function onClose(): void {
      if (incoming.readableEnded) return
      reject(unreadable(new Error('The connection was closed before the body was complete')))
    }
    incoming.on('data', onData).on('end', settle).on('close', onClose)
    if (incoming.destroyed) onClose()
  })
}
