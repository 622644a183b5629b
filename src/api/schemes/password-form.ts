/** The form of the password grant (RFC 6749 §4.3.2), as a dependency of a token endpoint. */

import type { FormFields } from '../../http/form-body.ts'
import { parsePasswordRequest } from '../../protocol/password-request.ts'
import type { PasswordRequest } from '../../protocol/password-request.ts'
import { HttpError } from '../../http/http-error.ts'
import { invalidRequest } from '../../protocol/oauth-error.ts'
import type { Context } from '../context.ts'
import type { Dependency } from '../dependency.ts'

export type { PasswordRequest } from '../../protocol/password-request.ts'

/**
 * Reads `username`, `password`, `scope` and the client's credentials of a token request. `grant_type` may be left out,
 * as in FastAPI's form; {@link passwordFormStrict} requires it.
 *
 * What is wrong is answered as OAuth clients expect it (RFC 6749 §5.2), and the answer of a route that asks for this form
 * is never cached (RFC 6749 §5.1).
 *
 * @example
 *
 * ```ts
 * app.post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
 * ```
 */
export const passwordForm: Dependency<PasswordRequest> = formDependency(false)

/** The same with `grant_type=password` required, as RFC 6749 §4.3.2 has it. */
export const passwordFormStrict: Dependency<PasswordRequest> = formDependency(true)

function formDependency(isStrict: boolean): Dependency<PasswordRequest> {
  return {
    scopes: [],
    definition: {
      kind: 'context',
      read: (context) => read(context, isStrict),
      body: {
        mediaTypes: ['application/x-www-form-urlencoded'],
        jsonSchema: {
          title: 'PasswordRequest',
          type: 'object',
          properties: {
            grant_type: { type: 'string', const: 'password' },
            username: { type: 'string' },
            password: { type: 'string', format: 'password' },
            scope: { type: 'string', default: '' },
            client_id: { type: 'string' },
            client_secret: { type: 'string', format: 'password' },
          },
          required: [...(isStrict ? ['grant_type'] : []), 'username', 'password'],
        },
      },
    },
  }
}

async function read(context: Context, isStrict: boolean): Promise<PasswordRequest> {
  const { headers } = context.controls
  headers.set('cache-control', 'no-store')
  headers.set('pragma', 'no-cache')
  const fields = await formOf(context)
  const parameters = fields.entries.map(([name, value]): readonly [string, string] => {
    if (typeof value !== 'string') throw invalidRequest(`The parameter ${name} must not be a file`)
    return [name, value]
  })
  return parsePasswordRequest(parameters, context.header('authorization'), isStrict)
}

/** A body that cannot be read is a malformed request to an OAuth client, not a 4xx of a kind it does not know. */
async function formOf(context: Context): Promise<FormFields> {
  if (context.formSource === undefined) throw new TypeError('There is no body to read the form from')
  try {
    return await context.formSource.form()
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) {
      throw invalidRequest(error.message, { cause: error })
    }
    throw error
  }
}
