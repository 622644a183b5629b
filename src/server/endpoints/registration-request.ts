/** What comes to the registration endpoints: a JSON body that is read once the caller is known, and a bearer token. */

import type { Dependency } from '../../api/dependency.ts'
import { path } from '../../api/parameters.ts'
import type { PathParameter } from '../../api/parameters.ts'
import type { Schema } from '../../api/schema.ts'
import { HttpError } from '../../http/http-error.ts'
import { readJson } from '../../http/json-body.ts'
import { parseAuthorization } from '../../protocol/authorization-header.ts'
import { challenge } from '../../protocol/challenge.ts'
import { invalidClientMetadata, RegistrationError } from '../../protocol/registration-error.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent, Origin } from '../audit.ts'
import type { Service } from '../service.ts'
import { unlessUnavailable } from './unavailable.ts'

const described = {
  title: 'ClientMetadata',
  type: 'object',
  properties: {
    redirect_uris: { type: 'array', items: { type: 'string' } },
    token_endpoint_auth_method: { type: 'string' },
    grant_types: { type: 'array', items: { type: 'string' } },
    response_types: { type: 'array', items: { type: 'string' } },
    application_type: { type: 'string', enum: ['web', 'native'] },
    client_name: { type: 'string' },
    scope: { type: 'string' },
    jwks: { type: 'object' },
    jwks_uri: { type: 'string' },
    subject_type: { type: 'string', enum: ['public', 'pairwise'] },
    sector_identifier_uri: { type: 'string' },
  },
}

/** The client metadata, still to be read: nobody's body is read before it is known who may send one. */
export const metadataBody: Dependency<() => Promise<unknown>> = {
  scopes: [],
  definition: {
    kind: 'context',
    read: (context) => () => sentMetadata(context.request),
    body: { mediaTypes: ['application/json'], jsonSchema: described },
  },
}

/** The client that an address speaks of. What cannot be an id is none, and gets to no database. */
export const managedClientId: PathParameter<string | undefined> = path({
  '~standard': {
    version: 1,
    vendor: 'gatewright',
    validate: (id) => ({ value: typeof id === 'string' && isClientId(id) ? id : undefined }),
    jsonSchema: { input: () => text, output: () => text },
  } as Schema<unknown, string | undefined>['~standard'], // its type does not know yet that schemas describe themselves
})

const text = { type: 'string' }

function isClientId(id: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(id)
}

/** The token in the `Authorization` header (RFC 6750 §2.1), if there is one. */
export function presentedBearer(request: Request): string | undefined {
  const header = parseAuthorization(request.headers.get('authorization'))
  return header?.scheme.toLowerCase() === 'bearer' && header.credentials !== ''
    ? header.credentials
    : undefined
}

/** RFC 7591 §3, RFC 7592 §2: 401; without a token there is nothing to say but that one is needed. */
export function unauthorized(presented: string | undefined): Response {
  const error = presented === undefined ? undefined : 'invalid_token'
  return answered(
    401,
    { error: 'invalid_token', error_description: 'The token is missing or not valid here' },
    {
      'www-authenticate': challenge('Bearer', { realm: 'registration', error }),
    },
  )
}

/** A JSON answer that nobody keeps: it may hold a secret. */
export function answered(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(body, {
    status,
    headers: { 'cache-control': 'no-store', pragma: 'no-cache', ...headers },
  })
}

/** RFC 7591 §3.2.2: what is wrong with the metadata is told in JSON. */
export async function answering(work: () => Promise<Response>): Promise<Response> {
  try {
    return await unlessUnavailable(work)
  } catch (error) {
    if (!(error instanceof RegistrationError)) throw error
    return answered(error.status, error)
  }
}

/** Where a request came from, for the events about it. */
export function originOf(address: string | undefined): Origin {
  return address === undefined ? {} : { address }
}

/** The event about a token that is not good here. */
export function refusedToken(
  service: Service,
  method: string,
  origin: Origin,
  clientId?: string,
): AuditEvent {
  const about = { ...(clientId === undefined ? {} : { clientId }), details: { method }, ...origin }
  return auditEvent('client.authentication_failed', service.settings.now(), about)
}

async function sentMetadata(request: Request): Promise<unknown> {
  try {
    const body = await readJson(request, { bytes: 65_536, depth: 16 })
    if ('failure' in body) throw invalidClientMetadata('The body is not JSON')
    return body.value
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) throw invalidClientMetadata(error.message)
    throw error
  }
}
