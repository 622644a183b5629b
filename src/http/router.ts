/** Which route a request is for. */

import { addRoute, createRouter, findRoute } from 'rou3'

/** A route that fits, and the percent-decoded parts of the path that its parameters matched. */
export interface Found<Route> {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

const none: Readonly<Record<string, string>> = Object.freeze({})

/** Routes by method and path. A static path wins over one with parameters. */
export class Router<Route> {
  readonly #router = createRouter<Route>()
  readonly #methods = new Set<string>()
  readonly #known = new Set<string>()

  /**
   * @param pattern In the language of rou3: `/items/:id`.
   * @returns Whether the route was added; false when there is one for this method and path already.
   */
  add(method: string, pattern: string, route: Route): boolean {
    // Parameter names do not tell two routes apart, nor does a slash at the end.
    const key = `${method} ${pattern.replace(/(?<!\\):\w+/g, ':').replace(/(.)\/$/, '$1')}`
    if (this.#known.has(key)) return false
    this.#known.add(key)
    this.#methods.add(method)
    addRoute(this.#router, method, pattern, route)
    return true
  }

  /**
   * @param path As in a URL, percent-encoded.
   * @returns `undefined` when nothing fits, `'malformed'` when a parameter is not percent-encoded UTF-8.
   */
  find(method: string, path: string): Found<Route> | 'malformed' | undefined {
    const found = findRoute(this.#router, method, path)
    if (found === undefined) return undefined
    if (found.params === undefined) return { route: found.data, parameters: none }
    const parameters = decoded(found.params)
    return parameters === undefined ? 'malformed' : { route: found.data, parameters }
  }

  /** Every method that has a route for this path. */
  methodsFor(path: string): readonly string[] {
    return [...this.#methods].filter((method) => findRoute(this.#router, method, path, { params: false }))
  }
}

function decoded(raw: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const parameters: Record<string, string> = {}
  try {
    for (const name in raw) {
      const value = raw[name] ?? ''
      parameters[name] = value.includes('%') ? decodeURIComponent(value) : value
    }
  } catch {
    return undefined
  }
  return parameters
}
