/** The form of a page of ours: names and values, without a schema. */

import { HttpError } from '../http/http-error.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import type { Dependency } from './dependency.ts'

/** The form, read when it is asked for: what is wrong with it is then a page. */
export const postedForm: Dependency<() => Promise<SentParameters>> = {
  scopes: [],
  definition: {
    kind: 'context',
    read: (context) => async () => {
      const type = context.header('content-type') ?? ''
      // SECURITY: another site's script can send text/plain without being asked; a form of ours never does.
      if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type) || context.formSource === undefined) {
        throw new HttpError(415, 'The form must be sent as application/x-www-form-urlencoded')
      }
      const { entries } = await context.formSource.form()
      return entries.map(([name, value]) => [name, typeof value === 'string' ? value : ''] as const)
    },
    body: { mediaTypes: ['application/x-www-form-urlencoded'], jsonSchema: { type: 'object' } },
  },
}
