/** The introspection endpoint (RFC 7662): an API asks about the tokens that are for it, plainly or signed (RFC 9701). */

import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { protectedHeader, signJws } from '../../crypto/jws.ts'
import { clientAuthenticationFailed } from '../../protocol/client-authentication.ts'
import {
  inactive,
  introspectionResponse,
  mayIntrospect,
  signedIntrospectionClaims,
} from '../../protocol/introspection.ts'
import type { IntrospectionResponse } from '../../protocol/introspection.ts'
import { parseTokenLookup } from '../../protocol/token-lookup.ts'
import type { TokenLookup } from '../../protocol/token-lookup.ts'
import { authenticateClient } from '../client-authentication.ts'
import type { Client } from '../clients.ts'
import { liveToken } from '../live-token.ts'
import { subjectFor } from '../openid/subject.ts'
import type { Service } from '../service.ts'
import { oauthForm, tokenLookupForm } from './oauth-form.ts'
import { unlessUnavailable } from './unavailable.ts'

/** The kind of a signed answer (RFC 9701 §5). */
const signedType = 'token-introspection+jwt'

/** Adds `POST /introspect`. */
export function addIntrospectionEndpoint(routes: Router<string>, service: () => Promise<Service>): void {
  routes.post(
    '/introspect',
    { sent: oauthForm(tokenLookupForm('IntrospectionRequest')), request, address: clientAddress },
    { open: true, tags: ['OAuth'], summary: 'Introspect a token', limits: { body: 65_536, fields: 100 } },
    ({ sent, request, address }) =>
      unlessUnavailable(async () => {
        const open = await service()
        const origin = address === undefined ? {} : { address }
        const authorization = request.headers.get('authorization') ?? undefined
        const caller = await authenticateClient(open, sent, authorization, origin)
        // RFC 7662 §2.1: a client_id that everybody knows would let everybody try tokens.
        if (!caller.isConfidential) throw clientAuthenticationFailed('none', { cause: 'a public client' })
        await open.limits.introspection(caller.id)
        const response = await answerFor(open, caller, parseTokenLookup(sent))
        // RFC 7662 §4: a miss counts twice, so that who guesses is slowed before who asks.
        if (!response.active) await open.limits.introspection(caller.id)
        return wantsSigned(request.headers.get('accept')) ? signed(open, caller, response) : plain(response)
      }),
  )
}

/** One answer for everything that is nothing to this caller (RFC 7662 §2.2). */
async function answerFor(
  service: Service,
  caller: Client,
  lookup: TokenLookup,
): Promise<IntrospectionResponse> {
  const token = await liveToken(service, lookup)
  if (token === undefined) return inactive
  const resources = caller.privileges.introspects ?? []
  if (!mayIntrospect(token, { clientId: caller.id, resources })) return inactive
  const { subject, clientId } = token
  // A client that asks about its own token knows the person by the name that it has for them.
  const isOwn = subject !== undefined && clientId === caller.id && subject !== caller.id
  return introspectionResponse(
    isOwn ? { ...token, subject: subjectFor(service.settings, caller, subject) } : token,
  )
}

function plain(response: IntrospectionResponse): Response {
  return new Response(JSON.stringify(response), { headers: { ...kept, 'content-type': 'application/json' } })
}

/** RFC 9701 §5: for a caller that has to show later what it was told. */
async function signed(service: Service, caller: Client, response: IntrospectionResponse): Promise<Response> {
  const { issuer, now } = service.settings
  const key = await service.keys.current()
  const claims = signedIntrospectionClaims(response, { issuer, audience: caller.id, now: now() / 1000 })
  const jws = await signJws(key, protectedHeader(key, signedType), JSON.stringify(claims))
  return new Response(jws, { headers: { ...kept, 'content-type': `application/${signedType}` } })
}

/** RFC 7662 §4: what is true now need not be in a minute. */
const kept = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Whether the caller asks for the signed form by name (RFC 9701 §4), and likes nothing else of ours better. */
function wantsSigned(accept: string | null): boolean {
  const weight = (type: string): number => {
    for (const range of accept?.toLowerCase().split(',') ?? []) {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim())
      if (name !== type) continue
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return quality === undefined ? 1 : Number(quality.slice(2)) || 0
    }
    return 0
  }
  const wanted = weight(`application/${signedType}`)
  return wanted > 0 && wanted >= weight('application/json')
}
