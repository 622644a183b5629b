/** The OpenAPI 3.1 document of an API, made from the planned routes: what is documented is what is enforced. */

import type { JsonSchema } from './json-schema.ts'
import { defaultOperationId, operationOf } from './openapi-operation.ts'
import type { Operation } from './openapi-operation.ts'
import { componentSchemas } from './openapi-schemas.ts'
import type { SchemaMention } from './openapi-schemas.ts'
import { schemeDocuments } from './openapi-security.ts'
import { defined, ownSchemas, reference, titleOf } from './openapi-writer.ts'
import type { Writer } from './openapi-writer.ts'
import { DeclarationError } from './option-error.ts'
import type { Route } from './route.ts'
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
  // Named among all routes, so that a hidden one does not change what others are called.
  const names = schemeNames(routes)
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
    ...whereAny('securitySchemes', schemeDocuments(documented, names)),
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
    methods[route.method.toLowerCase()] = operationOf(route, id, writer)
  }
  return paths
}

function whereAny(name: string, members: object): Readonly<Record<string, object>> {
  return Object.keys(members).length > 0 ? { [name]: members } : {}
}
