/** An API whose tokens come from Auth0, Entra, Keycloak or any other issuer: one declaration says from whom. */

import { api, openIdConnect, security, stepUp, tokenProfiles } from 'gatewright'
import type { TrustedTokens } from 'gatewright'

const scopes = { 'items:read': 'See the items', 'items:write': 'Change the items' }

/** The API: it does not know who issues its tokens. */
export function itemsApi(auth: TrustedTokens<keyof typeof scopes>) {
  return api({ title: 'Items' })
    .include(auth.metadata)
    .get('/items', { token: security(auth, ['items:read']) }, ({ token }) => ({ of: token.subject }))
    .put('/items', { token: security(auth, ['items:write']) }, ({ token }) => ({ by: token.clientId }))
    .delete('/items', { token: security(stepUp(auth, { maxAge: 300 }), ['items:write']) }, () => 'gone')
}

export const auth0 = openIdConnect({
  issuer: 'https://tenant.eu.auth0.com/',
  audience: 'https://api.example.com',
  scopes,
})

export const entra = openIdConnect({
  issuer: 'https://login.microsoftonline.com/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0/v2.0',
  audience: ['api://items', 'f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f'],
  resource: 'https://api.example.com',
  scopes,
})

export const keycloak = openIdConnect({
  issuer: 'https://id.example.com/realms/example',
  audience: 'items-api',
  resource: 'https://api.example.com',
  profile: 'keycloak',
  scopes,
})

/** Keycloak's lightweight tokens say next to nothing by themselves: it is asked about each. */
export const lightweight = openIdConnect({
  issuer: 'https://id.example.com/realms/example',
  audience: 'items-api',
  resource: 'https://api.example.com',
  profile: 'keycloak',
  introspection: {
    clientId: 'items-api',
    clientSecret: process.env['KEYCLOAK_SECRET'] ?? 'only for this example',
    jwts: true,
  },
  scopes,
})

/** In Compose or Kubernetes: the name is the public one, and the way there is another. */
export const inside = openIdConnect({
  issuer: 'https://id.example.com/realms/example',
  discoveryUrl: 'http://keycloak:8080/realms/example/.well-known/openid-configuration',
  dangerouslyAllowHttp: true,
  dangerouslyAllowPrivateAddresses: true,
  audience: 'items-api',
  profile: 'keycloak',
  scopes,
})

/** Opaque tokens: the issuer is asked, and its answer believed for a while. */
export const opaque = openIdConnect({
  issuer: 'https://id.example.com',
  audience: 'https://api.example.com',
  introspection: {
    clientId: 'items-api',
    clientSecret: process.env['ISSUER_SECRET'] ?? 'only for this example',
    maxAge: 10,
  },
  scopes,
})

/** Two issuers at a time, as while moving from one to the other. */
export const both = openIdConnect({
  issuers: [
    { issuer: 'https://id.example.com' },
    { issuer: 'https://tenant.eu.auth0.com/', profile: { ...tokenProfiles.auth0, scopesFrom: 'scope' } },
  ],
  audience: 'https://api.example.com',
  scopes,
})

if (import.meta.main) {
  const { ISSUER: issuer = 'http://localhost:9000', AUDIENCE: audience = 'http://localhost:8000' } =
    process.env
  await itemsApi(openIdConnect({ issuer, audience, scopes })).listen({ port: 8000 })
}
