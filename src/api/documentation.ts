/** The docs page and the OpenAPI document as routes of an application. */

import type { Json } from '../http/http-error.ts'
import { docsPage } from './docs-page.ts'
import type { DocsOAuth } from './docs-page.ts'
import { originsOf } from './docs-origins.ts'
import type { OpenApiDocument } from './openapi.ts'

/** Where the documentation is, who may read it, and how its Authorize dialog is prepared. */
export interface DocsOptions {
  /** The docs page; `/docs` unless told, `false` for none. */
  readonly path?: string | false
  /** The OpenAPI document; `/openapi.json` unless told. */
  readonly openapiPath?: string
  /** Takes page and document out of the application's guard. */
  readonly open?: boolean
  readonly oauth?: DocsOAuth
  /** Options of Swagger UI, for example `persistAuthorization: true`. */
  readonly swagger?: Readonly<Record<string, Json>>
}

/** A path of the documentation, and what answers there. */
export interface DocsRoute {
  readonly path: string
  readonly answer: (request: Request, name: string) => Promise<Response> | Response | undefined
}

/**
 * The routes of the documentation.
 *
 * @param options `false` for none.
 * @param document Asked when the document is first wanted, and after routes were added.
 */
export function docsRoutes(
  options: DocsOptions | false,
  title: string,
  document: () => OpenApiDocument,
): readonly DocsRoute[] {
  if (options === false) return []
  const { path = '/docs', openapiPath = '/openapi.json', oauth, swagger } = options
  const routes: DocsRoute[] = [
    { path: openapiPath, answer: (request) => documentReply(document(), prefixOf(request, openapiPath)) },
  ]
  if (path === false) return routes
  const page = docsPage({
    title,
    path,
    openapiPath,
    connect: () => originsOf(document()),
    ...(oauth === undefined ? {} : { oauth }),
    ...(swagger === undefined ? {} : { swagger }),
  })
  routes.push(
    { path, answer: (request) => page.page(request) },
    { path: `${path}/{file}`, answer: (request, name) => page.file(name, request) },
  )
  return routes
}

const texts = new WeakMap<OpenApiDocument, string>()

/** Where the application is mounted, its own paths begin below: generated clients have to know. */
function documentReply(document: OpenApiDocument, prefix: string): Response {
  const isMounted = prefix !== '' && document.servers === undefined
  const text = isMounted
    ? JSON.stringify({ ...document, servers: [{ url: prefix }] })
    : (texts.get(document) ?? JSON.stringify(document))
  if (!isMounted) texts.set(document, text)
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}

/** What stands before a path in the address that was asked for. */
function prefixOf(request: Request, path: string): string {
  const { pathname } = new URL(request.url)
  return pathname.endsWith(path) ? pathname.slice(0, -path.length) : ''
}
