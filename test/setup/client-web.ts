/** What clients have on the web, as a server with `clientFetch` sees it; and assertions by which they authenticate. */

import { randomBytes } from 'node:crypto'
import { encodeBase64url } from '../../src/crypto/base64url.ts'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'

/** A web of pages that a test writes. */
export interface ClientWeb {
  /** Every address that was asked for, in turn. */
  readonly seen: string[]
  /** Whether redirects would have been followed, in turn. */
  readonly redirects: (string | undefined)[]
  readonly answers: Map<string, () => Response | Promise<Response>>
  readonly publish: (address: string, body: unknown) => void
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

export function clientWeb(): ClientWeb {
  const seen: string[] = []
  const redirects: (string | undefined)[] = []
  const answers: ClientWeb['answers'] = new Map()
  return {
    seen,
    redirects,
    answers,
    publish: (address, body) => void answers.set(address, () => Response.json(body)),
    fetch: async (url, { redirect }) => {
      seen.push(url)
      redirects.push(redirect)
      return (answers.get(url) ?? (() => new Response('Not found', { status: 404 })))()
    },
  }
}

/** The public halves, as a key set. */
export function keySet(...keys: readonly SigningKey[]): { readonly keys: readonly unknown[] } {
  return { keys: keys.map(({ publicJwk }) => publicJwk) }
}

/** A client assertion (RFC 7523) as a form, with faults where told. */
export async function assertionBy(
  key: SigningKey,
  client: string,
  { audience, now }: { readonly audience: string; readonly now: number },
  faults: {
    readonly claims?: Readonly<Record<string, unknown>>
    readonly header?: Readonly<Record<string, unknown>>
  } = {},
): Promise<Record<string, string>> {
  const at = Math.floor(now / 1000)
  const jti = randomBytes(12).toString('hex')
  const claims = { iss: client, sub: client, aud: audience, iat: at, exp: at + 60, jti, ...faults.claims }
  const header =
    faults.header === undefined
      ? protectedHeader(key, 'JWT')
      : encodeBase64url(JSON.stringify({ alg: key.algorithm, ...faults.header }))
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signJws(key, header, JSON.stringify(claims)),
  }
}
