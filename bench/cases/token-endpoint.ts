/** A contender as a client sees it: what it asks the token endpoint, with which words. */

import { createHash, randomBytes } from 'node:crypto'
import type { Request } from 'autocannon'
import type { Running } from '../harness/contender.ts'

export const clientId = 'bench'
export const clientSecret = 'bench-secret-of-at-least-32-characters'
export const redirectUri = 'https://app.example/cb'
/** The one verifier of all codes (RFC 7636). */
export const verifier = randomBytes(32).toString('base64url')
export const challenge = createHash('sha256').update(verifier).digest('base64url')

export type Form = Readonly<Record<string, string>>

/** What came back. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

interface About {
  readonly token?: string
  readonly jwks?: string
  readonly form?: Form
  readonly origins?: readonly string[]
}

/** The origins of its processes. */
export function originsOf({ about, origin }: Running): readonly string[] {
  return (about as About).origins ?? [origin]
}

/** Where its keys are. */
export function jwksUrl({ about, origin }: Running): string {
  return origin + ((about as About).jwks ?? '/jwks')
}

/** The same request for the load and for the checks. */
export function tokenRequest({ about }: Running, form: Form, secret: string = clientSecret): Request {
  const { token = '/token', form: always = {} } = about as About
  return {
    method: 'POST',
    path: token,
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ ...form, ...always }).toString(),
  }
}

/** Asks once. */
export async function askToken(running: Running, form: Form, secret?: string): Promise<Answer> {
  const { path = '', body = '', headers = {} } = tokenRequest(running, form, secret)
  const response = await fetch(running.origin + path, { method: 'POST', body, headers })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

/** New codes, made in the contender's process. */
export async function mint({ origin }: Running, count: number): Promise<string[]> {
  const response = await fetch(`${origin}/mint?count=${count}`, { method: 'POST' })
  const codes = (await response.json()) as unknown
  const areCodes = Array.isArray(codes) && codes.length === count && codes.every(isText)
  if (!areCodes) throw new Error(`no codes: ${response.status} ${JSON.stringify(codes).slice(0, 200)}`)
  return codes as string[]
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 10
}

export const clientCredentials: Form = { grant_type: 'client_credentials', scope: 'items:read' }

export function redemption(code: string): Form {
  return { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
}

export function refreshing(refreshToken: string): Form {
  return { grant_type: 'refresh_token', refresh_token: refreshToken }
}
