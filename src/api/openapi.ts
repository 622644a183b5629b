/** The OpenAPI 3.1 document of an API, made from the planned routes: what is documented is what is enforced. */

import type { Contract } from './contract.ts'
import { toJsonSchema, whyUndescribed } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { bodyOf } from './openapi-body.ts'
import { componentSchemas } from './openapi-schemas.ts'
import type { Refer, SchemaMention } from './openapi-schemas.ts'
import { challengesOf, schemeDocuments, securityOf } from './openapi-security.ts'
import type { SchemeNames } from './openapi-security.ts'
import { DeclarationError } from './option-error.ts'
import type { PlannedParameter } from './plan.ts'
import type { Route } from './route.ts'
import type { Schema } from './schema.ts'
import { schemeNames } from './scheme-names.ts'

/** What the document says of the API as a whole. */
export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly summary?: string
  readonly description?: string
  readonly termsOfService?: string
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
  readonly license?: { readonly name: string; readonly identifier?: string; readonly url?: string }
  /** Where the API is. Unless told, it is where the document is. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  /** The order of the tags, and what they mean. */
  readonly tags?: readonly { readonly name: string; readonly description?: string }[]
  readonly externalDocs?: { readonly url: string; readonly description?: string }
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly [key: string]: unknown }
  readonly servers?: OpenApiInfo['servers']
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: {
    readonly schemas?: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes?: Readonly<Record<string, JsonSchema>>
  }
  readonly tags?: OpenApiInfo['tags']
  readonly externalDocs?: OpenApiInfo['externalDocs']
}

/** One operation of the document. */
export type Operation = Readonly<Record<string, unknown>>

/**
 * Describes an API.
 *
 * @param routes All routes; WebSockets and hidden ones are left out.
 * @param info What is said of the API as a whole.
 * @throws {DeclarationError} When two operations, two schemes or two schemas claim one name.
 */
export function openApiDocument(routes: readonly Route[], info: OpenApiInfo): OpenApiDocument {
  const documented = routes.filter(
    ({ method, contract }) => method !== 'WEBSOCKET' && contract.hidden !== true,
  )
  const names = schemeNames(documented)
  // Names depend on all schemas together, so everything is written twice: first to hear of them, then to refer to them.
  const mentions: SchemaMention[] = []
  const own = new Set<string>()
  const listen: Writer = {
    names,
    refer: (schema, direction, where) => {
      mentions.push({ schema, direction, where })
      return schema
    },
    own: (name) => {
      own.add(name)
      if (name === 'HTTPValidationError') own.add('ValidationError')
      return {}
    },
  }
  pathsOf(documented, listen)
  const reserved = Object.fromEntries(Object.entries(ownSchemas).filter(([name]) => own.has(name)))
  const { refer, schemas } = componentSchemas(mentions, reserved)
  const paths = pathsOf(documented, { names, refer, own: (name) => reference(name) })

  const { servers, tags, externalDocs, ...rest } = info
  const components = {
    ...whereAny('schemas', schemas),
    ...whereAny('securitySchemes', schemeDocuments(names)),
  }
  return {
    openapi: '3.1.0',
    info: defined(rest) as OpenApiDocument['info'],
    ...defined({ servers }),
    paths,
    ...whereAny('components', components),
    ...defined({ tags, externalDocs }),
  }
}

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

/** What changes between the two rounds of writing. */
interface Writer {
  readonly names: SchemeNames
  readonly refer: Refer
  /** Refers to one of the document's own schemas. */
  readonly own: (name: keyof typeof ownSchemas) => JsonSchema
}

function pathsOf(routes: readonly Route[], writer: Writer): OpenApiDocument['paths'] {
  const paths: Record<string, Record<string, Operation>> = {}
  const ids = new Map<string, string>()
  for (const route of routes) {
    const id = route.contract.operationId ?? defaultOperationId(route)
    const other = ids.get(id)
    if (other !== undefined) {
      throw new DeclarationError(
        `${other} and ${titleOf(route)} have one operationId, ${id}; give one of them another with operationId`,
      )
    }
    ids.set(id, titleOf(route))
    const methods = (paths[route.path.documented] ??= {})
    methods[route.method.toLowerCase()] = operation(route, id, writer)
  }
  return paths
}

function operation(route: Route, operationId: string, writer: Writer): Operation {
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

interface Answer {
  readonly description: string
  readonly schema?: Schema | undefined
}

/** What the contract promises, by status. */
function answersOf(contract: Contract): readonly (readonly [string, Answer])[] {
  const usual = { description: 'Successful Response', schema: contract.returns }
  return Object.entries({ [contract.status ?? 200]: usual, ...contract.responses })
}

function responsesOf(route: Route, writer: Writer): Readonly<Record<string, Operation>> {
  const { contract, plan } = route
  const challenges = challengesOf(plan.security)
  const responses = new Map<string, Operation>()
  for (const [status, { description, schema }] of answersOf(contract)) {
    const described = schema && toJsonSchema(schema, 'output')
    const shape = described && writer.refer(described, 'output', titleOf(route))
    const isUsual = Number(status) === (contract.status ?? 200)
    const content = shape ?? (isUsual || schema ? {} : undefined)
    responses.set(status, { description, ...(hasBody(status) && content ? json(content) : {}) })
  }
  const add = (status: string, response: Operation): void => {
    responses.set(status, { ...response, ...responses.get(status) })
  }
  if (challenges.unauthorized.length > 0) {
    const text = 'The credentials are missing, or they are not good'
    add('401', refused(text, challenges.unauthorized, writer))
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

function refused(description: string, challenges: readonly string[], writer: Writer): Operation {
  const example = challenges.join(', ')
  const header = { description: 'The challenge (RFC 9110 §11.6.1)', schema: { type: 'string' }, example }
  return { description, headers: { 'WWW-Authenticate': header }, ...json(writer.own('HTTPError')) }
}

/** RFC 9110 §15.3.5, §15.4.5: these have no content. */
function hasBody(status: string): boolean {
  return status !== '204' && status !== '304' && !status.startsWith('1')
}

function json(schema: JsonSchema): { readonly content: JsonSchema } {
  return { content: { 'application/json': { schema } } }
}

/** `GET /users/{id}/posts` is `getUsersByIdPosts`: a name that only changes when the route does. */
function defaultOperationId({ method, path }: Route): string {
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

function titleOf({ method, path }: Route): string {
  return `${method} ${path.documented}`
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}

function defined(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

function whereAny(name: string, members: object): Readonly<Record<string, object>> {
  return Object.keys(members).length > 0 ? { [name]: members } : {}
}

/** The shapes of gatewright's own answers; those of a validation error are FastAPI's. */
const ownSchemas = {
  HTTPError: {
    title: 'HTTPError',
    type: 'object',
    properties: { detail: { title: 'Detail', description: 'What is wrong, usually a sentence' } },
    required: ['detail'],
  },
  HTTPValidationError: {
    title: 'HTTPValidationError',
    type: 'object',
    properties: { detail: { title: 'Detail', type: 'array', items: reference('ValidationError') } },
  },
  OAuthError: {
    title: 'OAuthError',
    description: 'RFC 6749 §5.2',
    type: 'object',
    properties: { error: { type: 'string' }, error_description: { type: 'string' } },
    required: ['error'],
  },
  ValidationError: {
    title: 'ValidationError',
    type: 'object',
    properties: {
      loc: {
        title: 'Location',
        type: 'array',
        items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      },
      msg: { title: 'Message', type: 'string' },
      type: { title: 'Error Type', type: 'string' },
      input: { title: 'Input' },
      ctx: { title: 'Context', type: 'object' },
    },
    required: ['loc', 'msg', 'type'],
  },
} as const
