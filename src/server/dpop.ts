/** DPoP at the server's own endpoints (RFC 9449): its clock and its nonces, and a `jti` used once in its store. */

import type { Rejection } from '../protocol/rejection.ts'
import { provenKey as proven } from '../verify/dpop-proof.ts'
import type { DpopRequest } from '../verify/dpop-proof.ts'
import type { Service } from './service.ts'

/** The thumbprint of the key a request proves; `undefined` without a proof; a `Rejection` that says why it is none. */
export async function provenKey(
  service: Pick<Service, 'settings' | 'store' | 'nonces'>,
  request: DpopRequest,
): Promise<string | Rejection | undefined> {
  const { settings, store, nonces } = service
  return proven(request, {
    now: settings.now(),
    useOnce: (name, until, now) => store.useOnce('dpop', name, until, now),
    ...(settings.dpopNonces ? { isFreshNonce: (nonce: string) => nonces.isFresh(nonce) } : {}),
  })
}
