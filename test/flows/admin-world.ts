/** A server with its admin API, somebody who may do everything there, and the calls they make; for the tests of it. */

import { sha256Base64url } from '../../src/crypto/hash.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { adminScopes } from '../../src/server/admin/scopes.ts'
import type { Dialect } from '../setup/database.ts'
import { issuer, secrets, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

/** Every scope of the admin API. */
export const allAdminScopes: readonly string[] = Object.keys(adminScopes)
/** What tokens for it are for. */
export const adminResource = `${issuer}/admin`
/** The password of everybody. */
export const password = 'correct horse battery'

/** What a call to the admin API can be told. */
export interface CallOptions {
  readonly token?: string
  readonly body?: unknown
}

/** An answer of the admin API. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** A server with its admin API. */
export interface AdminWorld extends World {
  /** The account that may do everything. */
  readonly root: string
  /** A token with these scopes, of this account: all of them, of `root`, unless told. */
  token(scopes?: readonly string[], subject?: string): Promise<string>
  /** Calls the admin API: as `root` unless told. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

/** Opens one. `web2` may ask for every admin scope, `machine` has one in its own name. */
export async function adminWorld(
  dialect: Dialect,
  more: Parameters<typeof world>[1] = {},
): Promise<AdminWorld> {
  const { clients } = serverOptions('')
  const at = await world(dialect, {
    admin: true,
    pages: defaultPages(),
    ...more,
    clients: [
      ...clients.filter(({ id }) => id !== 'web2' && id !== 'machine'),
      {
        id: 'web2',
        secret: secrets['web2'] ?? '',
        redirectUris: ['https://web2.test/cb'],
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['read', ...allAdminScopes],
      },
      {
        id: 'machine',
        secret: secrets['machine'] ?? '',
        clientCredentialsScopes: ['read', 'admin:users:read'],
      },
    ] as NonNullable<Parameters<typeof world>[1]>['clients'],
  } as Parameters<typeof world>[1])
  const { id: root } = await at.accounts.create({ username: 'root', password, scopes: allAdminScopes })
  const token: AdminWorld['token'] = async (scopes = allAdminScopes, subject = root) => {
    const pending = await at.interaction.begin([
      ['client_id', 'web2'],
      ['redirect_uri', 'https://web2.test/cb'],
      ['response_type', 'code'],
      ['scope', scopes.join(' ')],
      ['resource', adminResource],
      ['code_challenge', sha256Base64url(verifier)],
      ['code_challenge_method', 'S256'],
    ])
    const approval = { subject, authTime: at.clock.now }
    const location = new URL((await at.interaction.approve(pending, approval)).location)
    const code = location.searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const answer = (await (await at.post('/token', form, 'web2')).json()) as { readonly access_token: string }
    return answer.access_token
  }
  let usual: string | undefined
  return {
    ...at,
    root,
    token,
    async call(method, path, { token: given, body } = {}) {
      const answer = await at.server.app.request(`${issuer}/admin/api${path}`, {
        method,
        headers: {
          authorization: `Bearer ${given ?? (usual ??= await token())}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        headers: answer.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
      }
    },
  }
}
