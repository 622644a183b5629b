/** The public keys that tokens are verified with (RFC 7517 §5). */

import { request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { publicDocument, readableByAll } from './public-document.ts'
import { unlessUnavailable } from './unavailable.ts'

/** Adds `GET /jwks`. */
export function addJwksEndpoint(
  routes: Router<string>,
  settings: Settings,
  service: () => Promise<Service>,
): void {
  const maxAge = keySetAge(settings)
  routes.get(
    '/jwks',
    { request },
    { open: true, cors: readableByAll, tags: ['OAuth'], summary: 'Key set', operationId: 'jwks' },
    ({ request }) =>
      unlessUnavailable(async () => publicDocument(request, await (await service()).keys.jwks(), maxAge)),
  )
}

/**
 * For how many seconds the set may be kept: whoever keeps it as long has the next key before it signs. Another node may
 * learn of that key half a minute late, which comes on top. A key taken out after a leak is the reason for the five minutes.
 */
function keySetAge({ keys }: Settings): number {
  return Math.min(300, Math.max(0, Math.floor(keys.publishAhead / 2) - 30))
}
