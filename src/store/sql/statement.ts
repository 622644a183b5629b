/** SQL statements that are written once for both databases, and put together once for each. */

import type { AnyDatabase } from '../database.ts'

/** What a statement depends on apart from its values. */
export interface Flavor {
  readonly dialect: AnyDatabase['dialect']
  /** Whether the subjects of grants are accounts in the same database. */
  readonly accounts: boolean
}

/** SQL that stands in several statements, or reads differently in the two databases. */
export type Fragment = (flavor: Flavor) => string

/** A statement with named values. */
export interface Statement<Values, Row> {
  /** Its text, and the names of its values in the order of the placeholders. */
  readonly compile: (flavor: Flavor) => CompiledStatement
  /** Only for the compiler. */
  readonly types?: (values: Values) => Row
}

/** A statement as the driver wants it. */
export interface CompiledStatement {
  readonly sql: string
  readonly names: readonly string[]
}

/**
 * Writes a statement. A hole that is a string is the name of a value, which always travels as a parameter;
 * a hole that is a function is SQL of our own.
 *
 * @example
 *
 * ```ts
 * const find = statement<{ hash: string }, { used_at: number }>`select used_at from codes where hash = ${'hash'}`
 * ```
 */
export function statement<Values = Record<never, never>, Row = Record<never, never>>(
  texts: TemplateStringsArray,
  ...holes: readonly ((keyof Values & string) | Fragment)[]
): Statement<Values, Row> {
  const compiled = new Map<string, CompiledStatement>()
  return {
    compile(flavor) {
      const key = `${flavor.dialect} ${flavor.accounts}`
      let known = compiled.get(key)
      if (known === undefined) {
        known = compose(texts, holes, flavor)
        compiled.set(key, known)
      }
      return known
    },
  }
}

function compose(
  texts: readonly string[],
  holes: readonly (string | Fragment)[],
  flavor: Flavor,
): CompiledStatement {
  const names: string[] = []
  let sql = texts[0] ?? ''
  for (const [index, hole] of holes.entries()) {
    if (typeof hole === 'function') {
      sql += hole(flavor)
    } else {
      names.push(hole)
      sql += flavor.dialect === 'postgres' ? `$${names.length}` : '?'
    }
    sql += texts[index + 1] ?? ''
  }
  return { sql: sql.replaceAll(/\s+/g, ' ').trim(), names }
}
