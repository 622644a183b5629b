/** The metadata of the server (RFC 8414), at every address where clients look for it. */

import { request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { contextClasses } from '../../protocol/authentication-context.ts'
import { dpopAlgorithms } from '../../protocol/dpop.ts'
import { claimsOfScopes } from '../../protocol/identity-scopes.ts'
import { metadataPaths, serverMetadata } from '../../protocol/server-metadata.ts'
import { assertionAlgorithms } from '../client-authentication.ts'
import { responseModes } from '../interaction/checked-request.ts'
import { idTokenAlgorithms } from '../openid/algorithms.ts'
import type { Settings } from '../settings.ts'
import { offeredEndpoints, offeredGrantsOf, offeredMethods } from './offered.ts'
import { publicDocument, readableByAll } from './public-document.ts'

/** Seconds. It changes when the server is set up anew. */
const maxAge = 3600

/**
 * Adds the metadata document.
 *
 * @param routes Those of the host: the issuer's path stands behind the well-known one (RFC 8414 §3.1).
 */
export function addMetadataEndpoint(routes: Router, settings: Settings): void {
  // From the options alone: no header of a request gets into an address (CVE-2025-64101).
  const document = metadataOf(settings)
  for (const path of metadataPaths(settings.issuer)) {
    routes.get(
      path,
      { request },
      { open: true, cors: readableByAll, tags: ['OAuth'], summary: 'Server metadata' },
      ({ request }) => publicDocument(request, document, maxAge),
    )
  }
}

/** What an ID token says besides the claims of a person. */
const idTokenMembers = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'sid', 'acr', 'amr', 'at_hash']

function metadataOf(settings: Settings): Readonly<Record<string, unknown>> {
  return serverMetadata({
    issuer: settings.issuer,
    endpoints: offeredEndpoints(settings),
    // Those of the admin API are named where it is described (RFC 9728): an application has no use for them.
    scopes: settings.publicScopes,
    responseModes,
    grantTypes: [...offeredGrantsOf(settings)],
    authenticationMethods: offeredMethods,
    assertionAlgorithms,
    dpopAlgorithms,
    // The key that signs tokens signs these answers too (RFC 9701 §7).
    introspectionSigningAlgorithms: [settings.keys.algorithm],
    contextClasses,
    protectedResources: [...settings.resources.keys()],
    ...(settings.clientDocuments === undefined ? {} : { clientIdMetadataDocuments: true }),
    ...(settings.openid === undefined
      ? {}
      : {
          idTokenAlgorithms: idTokenAlgorithms(settings),
          hasBackchannelLogout: true,
          claims: [
            ...idTokenMembers,
            ...claimsOfScopes(Object.keys(settings.openid.scopes), settings.openid.scopes),
          ],
        }),
    ...(settings.pages === undefined ? {} : { uiLocales: settings.pages.languages }),
  })
}
