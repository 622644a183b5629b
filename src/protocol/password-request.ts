/** The token request of the password grant (RFC 6749 §4.3.2): the rules of its parameters. */

import { parseAuthorization } from './authorization-header.ts'
import { parseBasicCredentials } from './basic-credentials.ts'
import { invalidClient, invalidRequest, unsupportedGrantType } from './oauth-error.ts'

/** What a client asks for on behalf of a user who told it name and password. */
export interface PasswordRequest {
  readonly username: string
  readonly password: string
  /** The requested scopes, in the order they were sent; none when the client leaves it to the server. */
  readonly scopes: readonly string[]
  readonly clientId?: string
  readonly clientSecret?: string
}

/**
 * Checks the parameters.
 *
 * @param parameters Names and values as they were sent.
 * @param authorization The `Authorization` header: a client may authenticate by HTTP Basic (RFC 6749 §2.3.1).
 * @param isStrict Whether `grant_type` must be there.
 * @throws {OAuthError} `invalid_request`, `unsupported_grant_type` or `invalid_client`; no value is repeated in the text.
 */
export function parsePasswordRequest(
  parameters: readonly (readonly [name: string, value: string])[],
  authorization: string | undefined,
  isStrict: boolean,
): PasswordRequest {
  const sent = single(parameters)
  const grantType = sent.get('grant_type')
  if (isStrict && grantType === undefined) throw invalidRequest('The parameter grant_type is missing')
  if (grantType !== undefined && grantType !== 'password') {
    throw unsupportedGrantType('This endpoint serves the grant type password')
  }
  const client = clientOf(sent, authorization)
  return {
    username: needed(sent, 'username'),
    password: needed(sent, 'password'),
    scopes: (sent.get('scope') ?? '').split(/\s+/).filter((scope) => scope !== ''),
    ...client,
  }
}

/** RFC 6749 §3.2: a parameter without a value counts as left out, and none may come twice. */
function single(parameters: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const sent = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (value === '') continue
    if (sent.has(name) && known.has(name)) throw invalidRequest(`The parameter ${name} is there twice`)
    sent.set(name, value)
  }
  return sent
}

const known: ReadonlySet<string> = new Set([
  'grant_type',
  'username',
  'password',
  'scope',
  'client_id',
  'client_secret',
])

function needed(sent: ReadonlyMap<string, string>, name: string): string {
  const value = sent.get(name)
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing`)
  return value
}

/** RFC 6749 §2.3: one way to authenticate the client, not two. */
function clientOf(
  sent: ReadonlyMap<string, string>,
  authorization: string | undefined,
): Pick<PasswordRequest, 'clientId' | 'clientSecret'> {
  const header = parseAuthorization(authorization)
  const clientId = sent.get('client_id')
  const clientSecret = sent.get('client_secret')
  if (header?.scheme.toLowerCase() !== 'basic') {
    return {
      ...(clientId === undefined ? {} : { clientId }),
      ...(clientSecret === undefined ? {} : { clientSecret }),
    }
  }
  if (clientSecret !== undefined) {
    throw invalidRequest('The client authenticates in the header and in the body; one of them is enough')
  }
  const credentials = parseBasicCredentials(header.credentials)
  const id = credentials && formDecoded(credentials.username)
  const secret = credentials && formDecoded(credentials.password)
  if (id === undefined || secret === undefined) throw badClient('The Basic credentials are malformed')
  if (clientId !== undefined && clientId !== id) {
    throw invalidRequest('client_id is another one than that of the Authorization header')
  }
  return { clientId: id, clientSecret: secret }
}

function badClient(description: string): Error {
  return invalidClient(description, {
    headers: { 'www-authenticate': 'Basic realm="token", charset="UTF-8"' },
  })
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
