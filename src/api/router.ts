/** Routes that belong together: one prefix, shared tags and guards, included into an application. */

import type { AnyDependency } from './dependency.ts'
import { invalidOption } from './option-error.ts'
import { joined } from './path-template.ts'
import { guardList, routeMethods } from './routes.ts'
import type { Declared, Guard, Routes } from './routes.ts'

/** What the routes of a router share. */
export interface RouterOptions<Prefix extends string = ''> {
  /** What their paths begin with: `/users`. It may hold parameters. */
  readonly prefix?: Prefix
  readonly tags?: readonly string[]
  /** Required of every route, before its own record; not of those that say `open`. */
  readonly guard?: Guard
}

/** Routes to include into an application or another router. */
export interface Router<Prefix extends string = ''> extends Routes<Router<Prefix>, Prefix> {
  /** Takes another router's routes in, below this one's prefix and behind its guards. */
  readonly include: (router: AnyRouter, options?: RouterOptions<string>) => Router<Prefix>
  readonly declared: readonly Declared[]
}

/** Any router. */
export interface AnyRouter {
  readonly declared: readonly Declared[]
}

/**
 * Routes that belong together.
 *
 * @example
 *
 * ```ts
 * const users = router({ prefix: '/users', tags: ['users'], guard: security(currentUser, ['read:users']) })
 *   .get('/{id}', { id: path(z.uuid()) }, ({ id }) => find(id))
 *
 * const app = api().include(users)
 * ```
 */
export function router<const Prefix extends string = ''>(
  options: RouterOptions<Prefix> = {},
): Router<Prefix> {
  const declared: Declared[] = []
  const self: Router<Prefix> = {
    ...routeMethods<Router<Prefix>, Prefix>((route) => {
      declared.push(placed({ ...route, guards: [], tags: [] }, options))
      return self
    }),
    include: (other, more = {}) => {
      declared.push(...included(other, more).map((route) => placed(route, options)))
      return self
    },
    declared,
  }
  if (options.prefix !== undefined && options.prefix !== '' && !/^\/.*[^/]$/.test(options.prefix)) {
    throw invalidOption('router', 'prefix', 'a path that begins with a slash and does not end with one')
  }
  return self
}

/** The routes of a router with what an `include` adds. */
export function included(router: AnyRouter, options: RouterOptions<string>): readonly Declared[] {
  return router.declared.map((route) => placed(route, options))
}

function placed(route: Declared, options: RouterOptions<string>): Declared {
  const guards: readonly AnyDependency[] = guardList(options.guard)
  return {
    ...route,
    path: joined(options.prefix ?? '', route.path),
    guards: [...guards, ...route.guards],
    tags: [...(options.tags ?? []), ...route.tags],
  }
}
