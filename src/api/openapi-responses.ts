/** The answers of an operation: what its contract promises, and what gatewright itself may answer. */

import { demandInWords } from '../protocol/step-up.ts'
import type { Contract } from './contract.ts'
import { toJsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { challengesOf } from './openapi-security.ts'
import { titleOf } from './openapi-writer.ts'
import type { Writer } from './openapi-writer.ts'
import type { Route } from './route.ts'
import type { Schema } from './schema.ts'

/** A Response Object (OpenAPI 3.1 §4.8.17). */
export type ResponseObject = Readonly<Record<string, unknown>>

/** An answer that a contract names. */
export interface Answer {
  readonly description: string
  readonly schema?: Schema | undefined
}

/** What the contract promises, by status. */
export function answersOf(contract: Contract): readonly (readonly [string, Answer])[] {
  const usual = { description: 'Successful Response', schema: contract.returns }
  return Object.entries({ [contract.status ?? 200]: usual, ...contract.responses })
}

/** All answers of an operation, by status. */
export function responsesOf(route: Route, writer: Writer): Readonly<Record<string, ResponseObject>> {
  const { contract, plan } = route
  const challenges = challengesOf(plan)
  const responses = new Map<string, ResponseObject>()
  for (const [status, { description, schema }] of answersOf(contract)) {
    const described = schema && toJsonSchema(schema, 'output')
    const shape = described && writer.refer(described, 'output', titleOf(route))
    const isUsual = Number(status) === (contract.status ?? 200)
    const content = shape ?? (isUsual || schema ? {} : undefined)
    responses.set(status, { description, ...(hasBody(status) && content ? json(content) : {}) })
  }
  const add = (status: string, response: ResponseObject): void => {
    responses.set(status, { ...response, ...responses.get(status) })
  }
  if (challenges.unauthorized.length > 0) {
    const demands = [...new Set([...plan.logins.values()].map(demandInWords))]
    const text = 'The credentials are missing, or they are not good'
    const more = demands.length === 0 ? '' : `; or the login is not ${demands.join(', or ')}`
    add('401', refused(text + more, challenges.unauthorized, writer, challenges.login))
  }
  if (challenges.forbidden.length > 0) {
    add('403', refused('The credentials are good, and not enough', challenges.forbidden, writer))
  }
  if (plan.body && plan.body.described.length > 0) {
    add('400', {
      description: 'The request is not one this endpoint grants',
      ...json(writer.own('OAuthError')),
    })
  }
  if (plan.parameters.length > 0 || (plan.body && plan.body.schemas.length + plan.body.files.length > 0)) {
    add('422', { description: 'Validation Error', ...json(writer.own('HTTPValidationError')) })
  }
  return Object.fromEntries([...responses].sort(([first], [second]) => Number(first) - Number(second)))
}

function refused(
  description: string,
  challenges: readonly string[],
  writer: Writer,
  login: readonly string[] = [],
): ResponseObject {
  const example = challenges.join(', ')
  const examples = { credentials: { value: example }, login: { value: login.join(', ') } }
  const header = {
    description: 'The challenge (RFC 9110 §11.6.1)',
    schema: { type: 'string' },
    ...(login.length === 0 ? { example } : { examples }),
  }
  return { description, headers: { 'WWW-Authenticate': header }, ...json(writer.own('HTTPError')) }
}

/** RFC 9110 §15.3.5, §15.4.5: these have no content. */
function hasBody(status: string): boolean {
  return status !== '204' && status !== '304' && !status.startsWith('1')
}

function json(schema: JsonSchema): { readonly content: JsonSchema } {
  return { content: { 'application/json': { schema } } }
}
