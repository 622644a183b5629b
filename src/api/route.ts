/** A route, compiled: everything about it that does not change from request to request. */

import { corsPolicy } from '../http/cors.ts'
import type { CorsPolicy } from '../http/cors.ts'
import { conforming } from './contract.ts'
import type { Conform, Contract } from './contract.ts'
import type { AnyDependency, Override } from './dependency.ts'
import { limitsOf } from './limits.ts'
import type { LimitOptions, Limits } from './limits.ts'
import { pathTemplate } from './path-template.ts'
import type { PathTemplate } from './path-template.ts'
import type { Plan } from './plan.ts'
import { planRoute } from './planner.ts'
import { guardList } from './routes.ts'
import type { Declared } from './routes.ts'

/** A route that is ready to serve and to be documented. */
export interface Route {
  readonly method: Declared['method']
  readonly path: PathTemplate
  readonly plan: Plan
  readonly contract: Contract
  readonly conform: Conform | undefined
  readonly limits: Limits
  /** Its own, where it has one. */
  readonly cors: CorsPolicy | undefined
  readonly tags: readonly string[]
  readonly handler: Declared['handler']
}

/** What an application adds to each of its routes. */
export interface RouteSetting {
  readonly guards: readonly AnyDependency[]
  readonly limits: LimitOptions | undefined
  readonly overrides: readonly Override[]
}

/**
 * Compiles a route.
 *
 * @throws {DeclarationError} When it can never work; the message names the route and says why.
 */
export function compileRoute(declared: Declared, setting: RouteSetting): Route {
  const { method, contract } = declared
  const path = pathTemplate(declared.path)
  const plan = planRoute({
    title: `${method === 'WEBSOCKET' ? 'The WebSocket' : method} ${declared.path}`,
    needs: declared.needs,
    guards: [
      ...(contract.open === true ? [] : [...setting.guards, ...declared.guards]),
      ...guardList(contract.guard),
    ],
    overrides: setting.overrides,
    pathNames: path.names,
    webSocket: method === 'WEBSOCKET',
  })
  return {
    method,
    path,
    plan,
    contract,
    conform: conforming(contract),
    limits: limitsOf(setting.limits, contract.limits),
    cors: contract.cors && corsPolicy(contract.cors),
    tags: [...new Set([...declared.tags, ...(contract.tags ?? [])])],
    handler: declared.handler,
  }
}
