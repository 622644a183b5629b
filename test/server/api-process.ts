/** An API in a process of its own, somewhere else than its issuer: `GET /me` and `PUT /me` need the scope `read`. */

import { api, openIdConnect, security } from '../../src/index.ts'
import type { StalenessOptions } from '../../src/verify/staleness.ts'

/** Whose tokens it accepts. */
export interface ApiConfig {
  readonly issuer: string
  readonly audience: string
  readonly revocation?: StalenessOptions
}

const { issuer, audience, revocation } = JSON.parse(process.env['API_CONFIG'] ?? '{}') as ApiConfig
const token = security(
  openIdConnect({
    issuer,
    audience,
    scopes: { read: 'Read' },
    onRejected: () => {},
    report: () => {},
    ...(revocation === undefined ? {} : { revocation }),
  }),
  ['read'],
)
// What is refused for want of knowledge is reported each time, which is what the tests look at from outside.
const app = api({ docs: false, report: () => {} })
  .get('/me', { token }, ({ token }) => token.subject)
  .put('/me', { token }, ({ token }) => token.subject)

// A parent that is gone takes it along.
process.on('disconnect', () => process.exit())
const listener = await app.listen({ port: 0 })
process.send?.(listener.url)
