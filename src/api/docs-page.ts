/** The page that shows the API and lets its reader call it: Swagger UI, served by ourselves under a strict policy. */

import type { Json } from '../http/http-error.ts'
import { html } from '../http/html.ts'
import { asset, swaggerFiles } from './docs-assets.ts'
import type { Asset } from './docs-assets.ts'
import { initializerScript } from './docs-initializer.ts'
import { redirectScript } from './docs-redirect.ts'
import { docsStyles } from './docs-styles.ts'

/** How the Authorize dialog of the docs page is prepared. */
export interface DocsOAuth {
  /** Filled in as the client's id. The client must be a public one: everybody who opens the page can read this. */
  readonly clientId?: string
  /** Scopes that are ticked already. */
  readonly scopes?: readonly string[]
  /** Shown in the dialog. */
  readonly appName?: string
  /** Added to the authorization request, for example `audience`. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** What the docs page shows and how. */
export interface DocsPageOptions {
  readonly title: string
  /** Where the page is, `/docs` for example. */
  readonly path: string
  /** Where the OpenAPI document is, `/openapi.json` for example. */
  readonly openapiPath: string
  /** Other origins the page may send requests to: those of token endpoints that are elsewhere. Asked when the page is served. */
  readonly connect?: () => readonly string[]
  readonly oauth?: DocsOAuth
  /**
   * Options of Swagger UI, for example `persistAuthorization: true`, which keeps tokens in the browser's storage.
   *
   * @see {@link https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/ Swagger UI's configuration}
   */
  readonly swagger?: Readonly<Record<string, Json>>
}

/** The docs page, ready to be mounted. */
export interface DocsPage {
  /** Answers at {@link DocsPageOptions.path}. */
  page(request: Request): Response
  /** Answers one path segment below it; `undefined` where there is no such file. */
  file(name: string, request: Request): Promise<Response> | Response | undefined
}

/**
 * Makes the docs page.
 *
 * Nothing in it comes from elsewhere, no script or style stands inside of the page, and every link is relative, so that it
 * works under a prefix, mounted in another application, and behind a proxy that adds or strips a part of the path.
 *
 * @example
 *
 * ```ts
 * const docs = docsPage({ title: 'Items', path: '/docs', openapiPath: '/openapi.json' })
 * ```
 */
export function docsPage(options: DocsPageOptions): DocsPage {
  let files: Files | undefined
  return {
    page: (request) => {
      const { bundle, styles, icon, ours, initializer } = (files ??= filesFor(options))
      // A browser resolves links against the last slash: `/docs/` is one level deeper than `/docs`.
      const isDirectory = new URL(request.url).pathname.endsWith('/')
      const beside = isDirectory ? '' : `${lastSegment(options.path)}/`
      const markup = html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>${options.title} – API documentation</title>
            <link rel="icon" type="image/png" href="${beside}${icon.name}" />
            <link rel="stylesheet" href="${beside}${styles.name}" />
            <link rel="stylesheet" href="${beside}${ours.name}" />
            <script defer src="${beside}${bundle.name}"></script>
            <script defer src="${beside}${initializer.name}"></script>
          </head>
          <body>
            <main id="swagger-ui"></main>
            <noscript>
              This page needs JavaScript. The same is in the
              <a href="${isDirectory ? '../' : ''}${relative(options.path, options.openapiPath)}"
                >OpenAPI document</a
              >.
            </noscript>
          </body>
        </html> `
      const connect = ["'self'", ...new Set(options.connect?.() ?? [])].join(' ')
      return page(markup.toString(), {
        'content-security-policy':
          `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; ` +
          `connect-src ${connect}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      })
    },
    file: (name, request) => {
      const { all, redirect } = (files ??= filesFor(options))
      return name === redirectPath ? redirectPage(redirect) : all.get(name)?.respond(request)
    },
  }
}

/** Below the page, as in FastAPI. Registered with authorization servers, so its name has no hash. */
const redirectPath = 'oauth2-redirect'

interface Files {
  readonly bundle: Asset
  readonly styles: Asset
  readonly redirect: Asset
  readonly icon: Asset
  readonly ours: Asset
  readonly initializer: Asset
  readonly all: ReadonlyMap<string, Asset>
}

function filesFor(options: DocsPageOptions): Files {
  const { path, openapiPath, oauth = {} } = options
  const settings = {
    document: `../${relative(path, openapiPath)}`,
    redirect: redirectPath,
    swagger: {
      deepLinking: true,
      displayRequestDuration: true,
      showExtensions: true,
      showCommonExtensions: true,
      ...options.swagger,
    },
    oauth: {
      clientId: oauth.clientId,
      appName: oauth.appName ?? options.title,
      scopes: oauth.scopes,
      additionalQueryStringParams: oauth.parameters,
      usePkceWithAuthorizationCodeGrant: true,
    },
  }
  const named = {
    ...swaggerFiles(),
    redirect: asset('oauth2-redirect', 'js', redirectScript),
    ours: asset('docs', 'css', docsStyles),
    initializer: asset('initializer', 'js', initializerScript(settings)),
  }
  return { ...named, all: new Map(Object.values(named).map((each) => [each.name, each])) }
}

/** Hands the authorization response to the docs page. Beside its script, in `/docs/`. */
function redirectPage(script: Asset): Response {
  const markup = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Signing in…</title>
        <script defer src="${script.name}"></script>
      </head>
      <body>
        <main aria-live="polite">Signing in…</main>
      </body>
    </html> `
  return page(markup.toString(), {
    'content-security-policy': `default-src 'none'; script-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
    // RFC 6749 §10.5: the address holds a code.
    'cache-control': 'no-store',
  })
}

function page(markup: string, headers: Readonly<Record<string, string>>): Response {
  return new Response(markup, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      // Not 'same-origin': a login elsewhere may itself need the window that it was opened from.
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      ...headers,
    },
  })
}

/** From one path to another: `/a/docs` to `/openapi.json` is `../openapi.json`. */
function relative(from: string, to: string): string {
  const folder = from.split('/').slice(1, -1)
  const target = to.split('/').slice(1)
  let shared = 0
  while (shared < folder.length && shared < target.length - 1 && folder[shared] === target[shared]) shared++
  return [...folder.slice(shared).map(() => '..'), ...target.slice(shared)].join('/')
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
