/** Who tokens come from: the authorization server, with the two programs that get some for people. */

import { authorizationServer } from 'gatewright/server'
import type { AuthorizationServer } from 'gatewright/server'
import type { AnyDatabase } from 'gatewright/store'
import { scopes } from './scopes.ts'
import type { Scope } from './scopes.ts'

/** Where it is, and where it keeps what it knows. */
export interface Place {
  /** The address of the service: `http://localhost:8000`. */
  readonly issuer: string
  readonly database: AnyDatabase
}

export function server({ issuer, database }: Place): AuthorizationServer<Scope> {
  return authorizationServer({
    issuer,
    database,
    scopes,
    serviceName: 'gatewright quick start',
    clients: [
      {
        // The docs page. Whoever opens it can read all of it, so it has no secret: PKCE protects its codes.
        id: 'docs',
        clientName: 'The docs page',
        tokenEndpointAuthMethod: 'none',
        redirectUris: [`${issuer}/docs/oauth2-redirect`],
        // What comes back to http comes back to this computer, as for an app that is installed on it.
        applicationType: 'native',
      },
      {
        // For curl. A program that asks for a password could keep it, so only one of our own may.
        id: 'terminal',
        clientName: 'The terminal',
        tokenEndpointAuthMethod: 'none',
        grantTypes: ['password'],
        firstParty: true,
      },
    ],
    // The docs page does not refresh its tokens. Five minutes, which is usual, would be short for looking around.
    lifetimes: { accessToken: 3600 },
  })
}
