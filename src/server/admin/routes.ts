/** How the routes of the admin API are guarded and answered: one place for all of its subjects. */

import { clientAddress, requiredScopes, response } from '../../api/context.ts'
import { dependency } from '../../api/dependency.ts'
import type { Dependency } from '../../api/dependency.ts'
import { query } from '../../api/parameters.ts'
import type { Router } from '../../api/router.ts'
import { HttpError } from '../../http/http-error.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { RegistrationError } from '../../protocol/registration-error.ts'
import { DatabaseError } from '../../store/database-error.ts'
import { bearerOf } from '../bearer.ts'
import { ClientError } from '../clients.ts'
import type { Operations } from '../operations.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { actorOf, needScopes } from './actor.ts'
import type { Actor } from './actor.ts'
import { optional, text, whole } from './model.ts'
import type { AdminScope } from './scopes.ts'

/** Who calls, and the server they call. */
export interface AdminCall {
  readonly open: Service
  readonly actor: Actor
}

/** What every route of the admin API asks for, under `admin`. */
export type AdminCaller = Dependency<AdminCall, AdminScope>

/** Where the routes of the admin API are added. */
export interface AdminRoutes {
  readonly routes: Router<string>
  readonly caller: AdminCaller
}

/** Makes the caller: a token for the admin API alone, whose owner still holds what it says. */
export function adminCaller(
  settings: Settings,
  service: () => Promise<Service>,
  operations: Operations,
  audience: string,
): AdminCaller {
  const token = bearerOf<AdminScope>(settings, service, operations, { audience, name: 'AdminOAuth2' })
  const needs = { token, required: requiredScopes, address: clientAddress, response }
  return dependency(needs, ({ token, required, address, response }) =>
    answering(async () => {
      // Accounts, addresses, secrets: nobody on the way keeps them.
      response.headers.set('cache-control', 'no-store')
      // A token that opens other APIs as well is in the hands of each of them. Userinfo is of this server.
      const others = [token.audience].flat().filter((each) => each !== audience && each !== settings.issuer)
      if (others.length > 0) throw new HttpError(403, 'The token is for other APIs as well')
      const open = await service()
      const { subject, scopes, clientId } = token
      const actor = await actorOf(open, { subject: subject ?? '', scopes, clientId, address })
      needScopes(open, actor, required.scopes)
      return { open, actor }
    }),
  )
}

/** Does the work of a route: what is wrong with a request is told as the API layer tells it, and never is a 500. */
export async function answering<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ClientError)
      throw new HttpError(statuses[error.code], error.message, { cause: error })
    if (error instanceof RegistrationError || error instanceof OAuthError) {
      throw new HttpError(error.status === 503 ? 503 : 422, error.message, { cause: error })
    }
    if (error instanceof DatabaseError && error.isTransient) {
      const headers = { 'retry-after': '1' }
      throw new HttpError(503, 'The server cannot answer just now, try again', { headers, cause: error })
    }
    throw error
  }
}

const statuses: Readonly<Record<ClientError['code'], number>> = {
  taken: 409,
  fixed: 409,
  unknown: 404,
  invalid: 422,
}

/** What does not exist, or not any more. */
export function gone(what: string): HttpError {
  return new HttpError(404, `There is no such ${what}`)
}

/** Which page of a list. */
export const limit: Dependency<number | undefined> = query(
  optional(whole(1, 200, 'How many at most; 50 unless told.')),
)

/** Where a page of a list begins, for lists in the order of ids. */
export const cursor: Dependency<string | undefined> = query(
  optional(
    text({ min: 1, max: 200, pattern: /^[\x21-\x7e]+$/, description: 'The `next` of the page before.' }),
  ),
)

/** How many a page has unless told. */
export const usualLimit = 50

/** What all routes have in common: out of the guard of the application they are in, as they have one of their own. */
export const guarded = { open: true } as const

/** What a route about one thing may answer besides. */
export const missing = { 404: { description: 'There is none, or not any more' } } as const
