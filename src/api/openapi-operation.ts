/** One operation of an OpenAPI document: what a route takes, what it is called. */

import type { JsonSchema } from './json-schema.ts'
import { bodyOf } from './openapi-body.ts'
import { responsesOf } from './openapi-responses.ts'
import { securityOf, stepUpOf } from './openapi-security.ts'
import { defined, titleOf } from './openapi-writer.ts'
import type { Writer } from './openapi-writer.ts'
import type { PlannedParameter } from './plan.ts'
import type { Route } from './route.ts'

/** One operation of the document (OpenAPI 3.1 §4.8.10). */
export type Operation = Readonly<Record<string, unknown>>

/** Describes a route. */
export function operationOf(route: Route, operationId: string, writer: Writer): Operation {
  const { contract, plan, tags } = route
  const { summary, description, deprecated } = contract
  const parameters = parametersOf(route, writer)
  const requestBody = plan.body && bodyOf(plan.body, titleOf(route), writer.refer)
  return defined({
    tags: tags.length > 0 ? tags : undefined,
    summary,
    description,
    operationId,
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody,
    responses: responsesOf(route, writer),
    deprecated,
    security: securityOf(plan.security, writer.names),
    'x-step-up': stepUpOf(plan.logins, writer.names),
  })
}

/** OpenAPI 3.1 §4.8.12: these headers are described elsewhere, and a parameter of that name is ignored. */
const describedElsewhere = new Set(['accept', 'authorization', 'content-type'])

function parametersOf(route: Route, { refer }: Writer): readonly Operation[] {
  const all = new Map<string, Operation>()
  for (const parameter of route.plan.parameters) {
    const { place, name, jsonSchema, options } = parameter
    if (options.hidden === true || (place === 'header' && describedElsewhere.has(name.toLowerCase())))
      continue
    const before = all.get(`${place} ${name}`)
    all.set(`${place} ${name}`, {
      ...parameterOf(parameter, refer(jsonSchema ?? {}, 'input', titleOf(route))),
      ...before,
      // Asked for twice, by a dependency and by the route, it must come if either insists.
      required: parameter.required || before?.['required'] === true,
    })
  }
  // OpenAPI 3.1 §4.8.12: everything in the path template is a parameter, asked for or not.
  for (const name of route.path.names) {
    if (all.has(`path ${name}`)) continue
    all.set(`path ${name}`, { name, in: 'path', required: true, schema: { type: 'string' } })
  }
  return [...all.values()]
}

function parameterOf({ place, name, options }: PlannedParameter, schema: JsonSchema): Operation {
  const { description, deprecated, example } = options
  return defined({ name, in: place, description, required: false, deprecated, example, schema })
}

/** `GET /users/{id}/posts` is `getUsersByIdPosts`: a name that only changes when the route does. */
export function defaultOperationId({ method, path }: Route): string {
  const words = path.documented
    .split('/')
    .slice(1)
    .flatMap((segment) => {
      if (segment === '') return ['index']
      return segment.split(/(\{\w+\})/).flatMap((part) => {
        const [name] = /^\{\w+\}$/.test(part) ? [`by_${part.slice(1, -1)}`] : [part]
        return name.split(/[^A-Za-z0-9]+/).filter(Boolean)
      })
    })
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  return method.toLowerCase() + words.map(capital).join('')
}
