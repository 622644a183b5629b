/** The admin API: its routes beside the endpoints of the server, and its documentation. */

import { api } from '../../api/api.ts'
import { request } from '../../api/context.ts'
import { path } from '../../api/parameters.ts'
import type { DocsOAuth } from '../../api/docs-page.ts'
import { docsRoutes } from '../../api/documentation.ts'
import type { OpenApiDocument } from '../../api/openapi.ts'
import { router } from '../../api/router.ts'
import type { AnyRouter, Router } from '../../api/router.ts'
import type { Declared } from '../../api/routes.ts'
import { HttpError } from '../../http/http-error.ts'
import type { Operations } from '../operations.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { addAuditRoutes } from './audit.ts'
import { addClientRoutes } from './clients.ts'
import { addGrantRoutes } from './grants.ts'
import { addKeyRoutes } from './keys.ts'
import { text } from './model.ts'
import { adminCaller } from './routes.ts'
import { addSessionRoutes } from './sessions.ts'
import { addUserRoutes } from './users.ts'

/** The routes of the admin API and of its documentation; none unless the options say so. */
export function adminApi(
  settings: Settings,
  service: () => Promise<Service>,
  operations: Operations,
): AnyRouter {
  const { adminResource, adminDocsClientId, basePath } = settings
  if (adminResource === undefined) return { declared: [] }
  const routes = router({ prefix: `${basePath}/admin/api` })
  const at = { routes, caller: adminCaller(settings, service, operations, adminResource) }
  addUserRoutes(at)
  addSessionRoutes(at)
  addClientRoutes(at)
  addGrantRoutes(at)
  addKeyRoutes(at)
  addAuditRoutes(at)
  const docs = router({ prefix: basePath })
  addDocs(docs, documentOf(settings, routes.declared), {
    parameters: { resource: adminResource },
    ...(adminDocsClientId === undefined ? {} : { clientId: adminDocsClientId }),
  })
  // In the document of an application these would be the routes of somebody else: they have one of their own.
  const hidden = routes.declared.map((route) => ({ ...route, contract: { ...route.contract, hidden: true } }))
  return { declared: [...hidden, ...docs.declared] }
}

/** Made when somebody looks at it. */
function documentOf({ issuer }: Settings, declared: readonly Declared[]): () => OpenApiDocument {
  let document: OpenApiDocument | undefined
  return () =>
    (document ??= api({
      title: 'Administration',
      version: '1',
      // Not where the document was read: the issuer is the one address of the server, and its path is in the routes.
      servers: [{ url: new URL(issuer).origin }],
      description:
        'Accounts, clients, grants, sessions, keys and the audit log of the authorization server. A list has at most `limit` entries; ' +
        '`next` is the `cursor` of the page after it.',
      docs: false,
    })
      .include({ declared })
      .openapi())
}

/** Open: it says nothing that is not in the source code of this package, and a token is asked for from here. */
function addDocs(routes: Router<string>, document: () => OpenApiDocument, oauth: DocsOAuth): void {
  const options = {
    path: '/admin/docs',
    openapiPath: '/admin/openapi.json',
    oauth,
  } as const
  const contract = { open: true, hidden: true } as const
  for (const { path: at, answer } of docsRoutes(options, 'Administration', document)) {
    const reply = async (asked: Request, name: string): Promise<Response> => {
      const response = await answer(asked, name)
      if (response === undefined) throw new HttpError(404)
      return response
    }
    if (at.endsWith('{file}')) {
      const needs = { request, file: path(text({ max: 200 })) }
      routes.get('/admin/docs/{file}', needs, contract, ({ request, file }) => reply(request, file))
    } else routes.get(at, { request }, contract, ({ request }) => reply(request, ''))
  }
}
