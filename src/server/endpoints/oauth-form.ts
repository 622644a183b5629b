/** The form of an OAuth endpoint as a dependency: its parameters as they were sent, and never a cached answer. */

import type { Dependency } from '../../api/dependency.ts'
import type { BodyDescription } from '../../api/definition.ts'
import { HttpError } from '../../http/http-error.ts'
import { mediaType } from '../../http/json-body.ts'
import { invalidRequest } from '../../protocol/oauth-error.ts'
import type { SentParameters } from '../../protocol/parameters.ts'

/**
 * The form that names a token (RFC 7009 §2.1, RFC 7662 §2.1), for the documentation.
 *
 * @param title The name of its schema.
 */
export function tokenLookupForm(title: string): BodyDescription['jsonSchema'] {
  return {
    title,
    type: 'object',
    properties: {
      token: { type: 'string' },
      token_type_hint: { type: 'string', enum: ['access_token', 'refresh_token'] },
      client_id: { type: 'string' },
      client_secret: { type: 'string', format: 'password' },
    },
    required: ['token'],
  }
}

/**
 * Reads a urlencoded form (RFC 6749 §3.2). Nothing is read from the URL, where it would end up in logs.
 *
 * @param described The form for the documentation.
 */
export function oauthForm(described: BodyDescription['jsonSchema']): Dependency<SentParameters> {
  return {
    scopes: [],
    definition: {
      kind: 'context',
      read: async (context) => {
        const { headers } = context.controls
        // RFC 6749 §5.1: whoever stores this answer stores tokens.
        headers.set('cache-control', 'no-store')
        headers.set('pragma', 'no-cache')
        const type = context.header('content-type')
        if (type === undefined || mediaType(type) !== 'application/x-www-form-urlencoded') {
          throw invalidRequest('The body must be sent as application/x-www-form-urlencoded')
        }
        if (context.formSource === undefined) throw new TypeError('There is no body to read the form from')
        try {
          const { entries } = await context.formSource.form()
          // A urlencoded form has no files.
          return entries.map(([name, value]): readonly [string, string] => [
            name,
            typeof value === 'string' ? value : '',
          ])
        } catch (error) {
          if (!(error instanceof HttpError)) throw error
          if (error.status !== 400) throw unkept(error)
          throw invalidRequest(error.message, { cause: error })
        }
      },
      body: { mediaTypes: ['application/x-www-form-urlencoded'], jsonSchema: described },
    },
  }
}

/** The same error, not to be kept by a cache: a handler that fails loses the headers it has set. */
function unkept({ status, detail, headers, cause }: HttpError): HttpError {
  return new HttpError(status, detail, { headers: { ...headers, 'cache-control': 'no-store' }, cause })
}
