/** An authorization server whose people need a second factor, and what an application asks for: `gatewright serve second-factors.ts`. */

import { authorizationServer } from 'gatewright/server'

const { DATABASE_URL = 'sqlite::memory:', BANK_SECRET = 'not a secret: it stands in an example' } =
  process.env

export const server = authorizationServer({
  issuer: 'http://localhost:8000',
  database: DATABASE_URL,
  serviceName: 'Example Bank',
  scopes: { accounts: 'See your bank accounts', payments: 'Make payments' },
  // Whoever has none sets one up before anything is issued.
  secondFactor: 'required',
  rateLimits: { secondFactor: { points: 5, seconds: 900 } },
  clients: [
    {
      id: 'bank',
      clientName: 'Bank on the Web',
      secret: BANK_SECRET,
      redirectUris: ['https://bank.example/callback'],
      grantTypes: ['authorization_code', 'refresh_token'],
    },
  ],
})

/** What the application adds to its request before a payment: two factors, shown within the last 15 minutes. */
export const beforePayment = { acr_values: 'urn:gatewright:acr:2fa', max_age: '900' }

if (import.meta.main) await server.app.listen({ port: 8000 })
