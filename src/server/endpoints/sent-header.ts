/** One header of a request as a dependency: cheaper than the request itself, which is built for whoever asks for it. */

import type { Dependency } from '../../api/dependency.ts'

/** What was sent in a header, several of one name joined by commas; it is no parameter of the documentation. */
export function sentHeader(name: string): Dependency<string | undefined> {
  return { scopes: [], definition: { kind: 'context', read: (context) => context.header(name) } }
}
