/** Route paths as they are written, `/items/{id}`, and what a router and the compiler make of them. */

import { DeclarationError } from './option-error.ts'

/** The names in a path: `'id'` of `/items/{id}`, `'file'` of `/files/{file:path}`. */
export type NamesOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${infer Plain}:path` ? Plain : Name) | NamesOf<Rest>
  : never

/** A path, taken apart. */
export interface PathTemplate {
  /** As OpenAPI writes it: `/files/{file}`. */
  readonly documented: string
  readonly names: readonly string[]
  /** As the router wants it. */
  readonly pattern: string
}

/**
 * Reads a path. `{name}` is one segment or a part of one, `{name:path}` the rest of the path, slashes included.
 *
 * @throws {DeclarationError} When the path does not begin with a slash, or names a parameter twice.
 */
export function pathTemplate(path: string): PathTemplate {
  if (!path.startsWith('/')) {
    throw new DeclarationError(`The path ${JSON.stringify(path)} does not begin with a slash`)
  }
  const names: string[] = []
  const parts = path.split(/(\{[^{}]*\})/)
  const pattern = parts.map((part) => {
    if (!part.startsWith('{')) return part.replace(/[\\:*(){}?+]/g, '\\$&')
    const [name = '', kind] = part.slice(1, -1).split(':')
    if (!/^[A-Za-z_]\w*$/.test(name) || (kind !== undefined && kind !== 'path') || names.includes(name)) {
      throw new DeclarationError(
        `The path ${path} has no usable name in ${part}; write {name} or {name:path}, each name once`,
      )
    }
    names.push(name)
    return kind === 'path' ? `**:${name}` : `:${name}`
  })
  return {
    documented: path.replaceAll(':path}', '}'),
    names,
    pattern: pattern.join(''),
  }
}

/** Two paths after each other, with one slash between them. */
export function joined(prefix: string, path: string): string {
  return `${prefix.replace(/\/$/, '')}${path}`
}
