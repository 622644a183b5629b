/** The suite that every grant store passes, races included. It needs no test runner. */

import { authenticatorCases } from './grant-conformance/authenticators.ts'
import { clientCases } from './grant-conformance/clients.ts'
import { codeCases } from './grant-conformance/codes.ts'
import { deviceCodeCases } from './grant-conformance/device-codes.ts'
import { flowCases } from './grant-conformance/flows.ts'
import { purgeCases } from './grant-conformance/purge.ts'
import { rateLimitCases } from './grant-conformance/rate-limits.ts'
import { refreshTokenCases } from './grant-conformance/refresh-tokens.ts'
import { revocationCases } from './grant-conformance/revocations.ts'
import { sessionCases } from './grant-conformance/sessions.ts'
import { signingKeyCases } from './grant-conformance/signing-keys.ts'
import { singleUseCases } from './grant-conformance/single-use.ts'
import type { GrantConformanceCase } from './grant-conformance/world.ts'

/**
 * The promises of a {@link GrantStore}.
 *
 * @example
 *
 * ```ts
 * for (const { name, run } of grantStoreConformance) {
 *   test(name, async () => {
 *     const data = await anEmptyPlace()
 *     await run({
 *       open: () => myStore(data),
 *       addSubject: (id) => myAccounts(data).add(id),
 *       disableSubject: (id, isDisabled) => myAccounts(data).update(id, { isDisabled }),
 *       removeSubject: (id) => myAccounts(data).remove(id),
 *     })
 *   })
 * }
 * ```
 */
export const grantStoreConformance: readonly GrantConformanceCase[] = [
  ...clientCases,
  ...codeCases,
  ...refreshTokenCases,
  ...revocationCases,
  ...singleUseCases,
  ...deviceCodeCases,
  ...signingKeyCases,
  ...rateLimitCases,
  ...sessionCases,
  ...flowCases,
  ...authenticatorCases,
  ...purgeCases,
]

export type { GrantConformanceCase, GrantStorePlace } from './grant-conformance/world.ts'
