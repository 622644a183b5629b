/** What each scope opens at each API: learnt from the routes that a bearer scheme guards, or read from a document. */

import type { PageOperation } from './interaction/pages.ts'

/** The operations of the APIs, by the scopes that open them. */
export interface Operations {
  /** Notes an operation. One that is known already stays as it is. */
  add(audience: string, scopes: readonly string[], operation: PageOperation): void
  /** What a scope opens at these APIs, in the order it was learnt. */
  openedBy(scope: string, audiences: readonly string[]): readonly PageOperation[]
}

/** None at first but those that the resources bring along. */
export function operationsOf(
  resources: Iterable<{
    readonly identifier: string
    readonly operations: readonly (PageOperation & { readonly scopes: readonly string[] })[]
  }>,
): Operations {
  const known = new Map<string, Map<string, PageOperation>>()
  const add: Operations['add'] = (audience, scopes, { summary, operation }) => {
    for (const scope of scopes) {
      const opened = known.get(keyOf(audience, scope)) ?? new Map<string, PageOperation>()
      // An application is compiled again for each test that replaces a part of it.
      if (!opened.has(operation)) opened.set(operation, { summary, operation })
      known.set(keyOf(audience, scope), opened)
    }
  }
  for (const { identifier, operations } of resources) {
    for (const operation of operations) add(identifier, operation.scopes, operation)
  }
  return {
    add,
    openedBy: (scope, audiences) =>
      audiences.flatMap((audience) => [...(known.get(keyOf(audience, scope))?.values() ?? [])]),
  }
}

/** Neither has a space in it (RFC 6749 §3.3, RFC 8707 §2). */
function keyOf(audience: string, scope: string): string {
  return `${audience} ${scope}`
}
