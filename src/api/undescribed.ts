/** Which schemas of an API nobody could describe. */

import { whyUndescribed } from './json-schema.ts'
import { answersOf } from './openapi-responses.ts'
import { titleOf } from './openapi-writer.ts'
import type { Route } from './route.ts'

/** A sentence for every schema that could not be described: the document shows it as open, and text is not coerced. */
export function undescribedSchemas(routes: readonly Route[]): readonly string[] {
  return routes.flatMap((route) => {
    const { plan, contract } = route
    const inputs = [...plan.parameters, ...(plan.body?.schemas ?? [])].map((parameter) => {
      const why = whyUndescribed(parameter.schema, 'input')
      const what =
        parameter.place === 'body' ? 'the body' : `the ${parameter.place} parameter ${parameter.name}`
      return why && `${titleOf(route)}: ${what} is not described, because ${why}`
    })
    const outputs = answersOf(contract).map(([status, { schema }]) => {
      const why = schema && whyUndescribed(schema, 'output')
      return why && `${titleOf(route)}: the answer ${status} is not described, because ${why}`
    })
    return [...inputs, ...outputs].filter((sentence) => sentence !== undefined)
  })
}
