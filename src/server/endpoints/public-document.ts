/** Documents that are the same for everybody: any page may read them, any cache may keep them. */

import type { CorsOptions } from '../../http/cors.ts'
import { sha256Base64url } from '../../crypto/hash.ts'

/** Any page may read it, never with credentials: nothing in it depends on who asks. */
export const readableByAll: CorsOptions = {
  origins: '*',
  methods: ['GET', 'HEAD'],
  // Clients of MCP servers say which version they speak before they know whom they ask.
  allowHeaders: ['Authorization', 'Content-Type', 'MCP-Protocol-Version'],
}

/**
 * The answer with a public document, or 304 for whoever has it already.
 *
 * @param maxAge For how many seconds it may be kept.
 */
export function publicDocument(request: Request, document: unknown, maxAge: number): Response {
  const body = JSON.stringify(document)
  const etag = `"${sha256Base64url(body)}"`
  const headers = {
    'cache-control': `public, max-age=${maxAge}`,
    etag,
    // Also where a cache answers: what it keeps was asked for by somebody who may have had no origin.
    'access-control-allow-origin': '*',
  }
  if (isKnown(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(body, { headers: { ...headers, 'content-type': 'application/json' } })
}

/** RFC 9110 §13.1.2: compared weakly, as whatever stands between may have packed the body. */
function isKnown(condition: string | null, etag: string): boolean {
  if (condition === null) return false
  return condition.split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '')
    return tag === '*' || tag === etag
  })
}
