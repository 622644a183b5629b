/** Where in a URL the path and the query are. */

/** The parts of a URL that routing needs. */
export interface Location {
  readonly path: string
  /** Without the question mark. */
  readonly search: string
}

/**
 * Cuts path and query out of a URL. Far cheaper than parsing it, and all that routing needs.
 *
 * @param url A URL, or what {@link plainTarget} lets pass.
 * @param basePath What the path begins with before the application's own part; it is left out.
 */
export function locate(url: string, basePath: string | undefined): Location {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  const fragment = url.indexOf('#', start)
  const end = fragment === -1 ? url.length : fragment
  const mark = url.indexOf('?', start)
  const hasQuery = mark !== -1 && mark < end
  const full = start === -1 ? '/' : url.slice(start, hasQuery ? mark : end)
  const isBelow =
    basePath !== undefined && basePath !== '' && (full === basePath || full.startsWith(`${basePath}/`))
  const path = isBelow ? full.slice(basePath.length) || '/' : full
  return { path, search: hasQuery ? url.slice(mark + 1, end) : '' }
}

/** The target of a request line, where it is letter for letter what the URL will have: no dots, escapes or fragments. */
export function plainTarget(target: string | undefined): string | undefined {
  return target !== undefined && /^\/[\w/-]*(?:\?[\w=&-]*)?$/.test(target) ? target : undefined
}
