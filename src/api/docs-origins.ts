/** The other origins that the docs page must be allowed to call: where tokens come from, and where the API is. */

import type { OpenApiDocument } from './openapi.ts'

/** The origins of absolute URLs among the servers, token and discovery endpoints of a document. */
export function originsOf(document: OpenApiDocument): readonly string[] {
  const origins = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const url = /^https?:/i.test(value) && URL.canParse(value) ? new URL(value) : undefined
      if (url !== undefined) origins.add(url.origin)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        if (isWanted(key) || typeof member === 'object') visit(member)
      }
    }
  }
  visit(document.servers)
  visit(document.components?.securitySchemes)
  return [...origins]
}

function isWanted(key: string): boolean {
  return ['url', 'tokenUrl', 'refreshUrl', 'authorizationUrl', 'openIdConnectUrl'].includes(key)
}
