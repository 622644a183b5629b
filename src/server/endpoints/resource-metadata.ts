/** The metadata of the APIs that live on the host of the server (RFC 9728): who issues tokens for them. */

import { request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { HttpError } from '../../http/http-error.ts'
import { dpopAlgorithms } from '../../protocol/dpop.ts'
import { resourceMetadata, resourceMetadataUrl } from '../../protocol/resource-metadata.ts'
import { withoutUndefined } from '../../protocol/without-undefined.ts'
import type { Resource } from '../resources.ts'
import type { Settings } from '../settings.ts'
import { publicDocument, readableByAll } from './public-document.ts'

/** Seconds. */
const maxAge = 3600

/**
 * Adds the documents, each at its well-known path. An API on another host has to publish its own.
 *
 * @param routes Those of the host.
 */
export function addResourceMetadataEndpoints(routes: Router, settings: Settings): void {
  for (const [path, documents] of documentsByPath(settings)) {
    routes.get(
      path,
      { request },
      { open: true, cors: readableByAll, tags: ['OAuth'], summary: 'Resource metadata' },
      ({ request }) => {
        const document = documents.find((each) => each.fits(new URL(request.url)))
        // RFC 9728 §3.3: with the metadata of another resource nobody may go on.
        if (document === undefined) throw new HttpError(404)
        return publicDocument(request, document.body, maxAge)
      },
    )
  }
}

interface ResourceDocument {
  readonly body: Readonly<Record<string, unknown>>
  readonly fits: (asked: URL) => boolean
}

/** To the router a slash at the end and a query make no difference; to an identifier they do. */
function documentsByPath(settings: Settings): ReadonlyMap<string, readonly ResourceDocument[]> {
  const { origin } = new URL(settings.issuer)
  const paths = new Map<string, ResourceDocument[]>()
  for (const resource of settings.resources.values()) {
    const address = URL.parse(resourceMetadataUrl(resource.identifier) ?? '')
    if (address?.origin !== origin) continue
    const { pathname, search } = address
    const path = pathname.replace(/\/$/, '')
    const fits = (asked: URL): boolean =>
      asked.search === search && (pathname === path || asked.pathname.endsWith(pathname))
    const isExact = pathname !== path
    const others = paths.get(path) ?? []
    const document = { body: bodyOf(resource, settings), fits }
    // The one with the slash is looked at first: the other one answers to both.
    paths.set(path, isExact ? [document, ...others] : [...others, document])
  }
  return paths
}

function bodyOf(resource: Resource, settings: Settings): Readonly<Record<string, unknown>> {
  return resourceMetadata(
    withoutUndefined({
      resource: resource.identifier,
      authorizationServers: [settings.issuer],
      scopes: resource.scopes,
      name: resource.name,
      dpopAlgorithms,
    }),
  )
}
