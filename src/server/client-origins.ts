/** The origins of browser applications: those may read the answers of the token endpoint (RFC 9700 §2.6). */

import type { CorsOptions } from '../http/cors.ts'
import type { Client, Clients } from './clients.ts'

/** The origins that clients are registered with, as they were a short while ago. */
export interface ClientOrigins {
  has(origin: string): boolean
  /** Adds those of a client that is new. */
  add(client: Client): void
  /** Reads them again. */
  refresh(clients: Clients): Promise<void>
}

/** At most so many clients are looked at; whoever has more has few that run in browsers. */
const most = 10_000

/** None at first. */
export function clientOrigins(): ClientOrigins {
  let known = new Set<string>()
  return {
    has: (origin) => known.has(origin),
    add: (client) => {
      for (const origin of originsOf(client)) known.add(origin)
    },
    async refresh(clients) {
      const origins = new Set<string>()
      let after = ''
      for (let seen = 0; seen < most; seen += 500) {
        const page = await clients.list({ after, limit: 500 })
        for (const origin of page.flatMap(originsOf)) origins.add(origin)
        if (page.length < 500) break
        after = page.at(-1)?.id ?? ''
      }
      known = origins
    },
  }
}

function originsOf({ metadata, disabled, isConfidential }: Client): readonly string[] {
  // A confidential client is a server, which asks no browser for leave.
  if (disabled || isConfidential) return []
  return metadata.redirectUris.filter((uri) => /^https?:/.test(uri)).map((uri) => new URL(uri).origin)
}

/** The rules for endpoints that such applications call. No cookies: they authenticate by themselves. */
export function corsFor(origins: ClientOrigins): CorsOptions {
  return {
    origins: (origin) => origins.has(origin),
    methods: ['POST'],
    allowHeaders: ['Authorization', 'Content-Type', 'DPoP'],
    exposeHeaders: ['WWW-Authenticate', 'DPoP-Nonce'],
  }
}
