/** The open resources of one request: closed last-in first-out, and told when it ends badly. */

import type { Lifetime } from './definition.ts'

type Opened = AsyncGenerator<unknown, void, void> | Generator<unknown, void, void>

/** Opens resources and sees that each is closed exactly once, whatever happens. */
export class Resources {
  #open: { readonly generator: Opened; readonly lifetime: Lifetime }[] | undefined

  get isEmpty(): boolean {
    return this.#open === undefined || this.#open.length === 0
  }

  /** Runs a generator to its `yield`. */
  async open(generator: Opened, lifetime: Lifetime): Promise<unknown> {
    const first = await generator.next()
    if (first.done === true) throw new TypeError('A resource must yield its value once; it returned instead')
    ;(this.#open ??= []).push({ generator, lifetime })
    return first.value
  }

  /**
   * Closes those that end with the handler. What one throws while closing decides the response.
   *
   * @throws What a clean-up threw; it has then been thrown into all the others.
   */
  async closeAfterHandler(): Promise<void> {
    await this.#close('handler')
  }

  /**
   * Closes the rest, once the response has left.
   *
   * @throws What a clean-up threw; it has then been thrown into all the others.
   */
  async closeAfterResponse(): Promise<void> {
    await this.#close('request')
  }

  /**
   * Throws an error into everything that is open, innermost first: those that end with the handler, then the rest.
   *
   * @returns The error that decides the response: this one, or what a resource made of it.
   */
  async fail(error: unknown): Promise<unknown> {
    let deciding = error
    for (const lifetime of ['handler', 'request'] as const) {
      for (const generator of this.#take(lifetime)) {
        deciding = await thrownInto(generator, deciding)
      }
    }
    return deciding
  }

  async #close(lifetime: Lifetime): Promise<void> {
    if (this.isEmpty) return
    const closing = this.#take(lifetime)
    for (const [index, generator] of closing.entries()) {
      try {
        const last = await generator.next()
        if (last.done !== true) throw yieldedAgain()
      } catch (error) {
        let deciding = error
        for (const outer of closing.slice(index + 1)) deciding = await thrownInto(outer, deciding)
        throw lifetime === 'handler' ? await this.fail(deciding) : deciding
      }
    }
  }

  /** Those of one lifetime, newest first. They are nobody's any more but the caller's. */
  #take(lifetime: Lifetime): readonly Opened[] {
    const all = this.#open ?? []
    this.#open = all.filter((opened) => opened.lifetime !== lifetime)
    return all
      .filter((opened) => opened.lifetime === lifetime)
      .map(({ generator }) => generator)
      .toReversed()
  }
}

async function thrownInto(generator: Opened, error: unknown): Promise<unknown> {
  try {
    const result = await generator.throw(error)
    if (result.done !== true) return yieldedAgain()
  } catch (thrown) {
    return thrown
  }
  // Whoever catches an error must say what becomes of it: a swallowed refusal would let the caller through.
  return new TypeError('A resource swallowed the error that was thrown in; throw it again or another one', {
    cause: error,
  })
}

function yieldedAgain(): TypeError {
  return new TypeError('A resource must yield once; it yielded again')
}
