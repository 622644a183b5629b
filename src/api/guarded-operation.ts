/** What a security scheme is told of the routes it guards, so that people can be told what a scope opens. */

import type { Route } from './route.ts'

/** A route, as people may be told of it. */
export interface GuardedOperation {
  /** An HTTP method, or `WEBSOCKET`. */
  readonly method: string
  /** As the application that has the route writes it: `/items/{id}`. */
  readonly path: string
  readonly summary: string | undefined
}

/** Tells the schemes of a route about it, each with the scopes that it asks for there. Nobody hears of a hidden route. */
export function tellSchemes({ method, path, plan, contract }: Route): void {
  if (contract.hidden === true) return
  const operation = { method, path: path.documented, summary: contract.summary }
  for (const alternative of plan.security) {
    for (const [scheme, scopes] of alternative) scheme.guards?.(operation, scopes)
  }
}
