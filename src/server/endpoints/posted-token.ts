/** An access token in a form (RFC 6750 §2.2), as some OpenID clients send it to userinfo. */

import type { Dependency } from '../../api/dependency.ts'
import { mediaType } from '../../http/json-body.ts'

/** The `access_token` fields of the form of a request; none where it has no form. */
export const postedTokens: Dependency<readonly string[]> = {
  scopes: [],
  definition: {
    kind: 'context',
    read: async (context) => {
      const type = context.header('content-type')
      if (type === undefined || context.formSource === undefined) return []
      if (mediaType(type) !== 'application/x-www-form-urlencoded') return []
      const { entries } = await context.formSource.form()
      return entries.flatMap(([name, value]) =>
        name === 'access_token' && typeof value === 'string' ? value : [],
      )
    },
    body: {
      mediaTypes: ['application/x-www-form-urlencoded'],
      jsonSchema: {
        title: 'UserinfoRequest',
        type: 'object',
        properties: { access_token: { type: 'string', format: 'password' } },
      },
    },
  },
}
