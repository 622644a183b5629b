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

/** A statement with the values to run it with. */
export interface Step {
  readonly compile: (flavor: Flavor) => CompiledStatement
  readonly values: Readonly<Record<string, unknown>>
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
  return compiledOnce((flavor) => compose(texts, holes, flavor))
}

/**
 * Writes the statements of a list with filters, one for each set of filters that is asked for, so that each can use the index
 * that fits. A value is written `:name`.
 *
 * @param select What is always there, up to a condition.
 * @param filters The condition for each value that may be missing.
 * @param end What follows the conditions.
 */
export function listing<Values, Row>(
  select: string,
  filters: Readonly<Record<string, string>>,
  end: string,
): (values: Values) => Statement<Values, Row> {
  const known = new Map<string, Statement<Values, Row>>()
  return (values) => {
    // The cast: whatever its type is called, it is an object with these names.
    const given = values as Readonly<Record<string, unknown>>
    const used = Object.keys(filters).filter((name) => given[name] !== undefined)
    const key = used.join()
    let found = known.get(key)
    if (found === undefined) {
      const [first = '', ...rest] = [select, ...used.map((name) => `and ${filters[name]}`), end]
        .join(' ')
        .split(':')
      const names = rest.map((part) => /^\w+/.exec(part)?.[0] ?? '')
      const texts = [first, ...rest.map((part) => part.replace(/^\w+/, ''))]
      found = compiledOnce((flavor) => compose(texts, names, flavor))
      known.set(key, found)
    }
    return found
  }
}

/** How {@link insertion} writes a value into a column: `@` is the value. PostgreSQL wants to be told its type. */
export const asText = 'cast(@ as text)'
export const asInteger = 'cast(@ as bigint)'

/**
 * Writes the statement that inserts a row. The names of the values are the columns, and each is written by an expression.
 * It ends in a condition, as a step that depends on a gate must: see {@link gated}.
 */
export function insertion<Values>(
  table: string,
  columns: Readonly<Record<keyof Values & string, string>>,
): Statement<Values, Record<never, never>> {
  const names = Object.keys(columns)
  const selected = Object.values<string>(columns).join(', ')
  const texts = `insert into ${table} (${names.join(', ')}) select ${selected} where 1 = 1`.split('@')
  return compiledOnce((flavor) => compose(texts, names, flavor))
}

/** A statement with its values. */
export function step<Values, Row>(of: Statement<Values, Row>, values: Values): Step {
  // The cast: whatever its type is called, it is an object with these names.
  return { compile: of.compile, values: values as Readonly<Record<string, unknown>> }
}

/**
 * One statement for PostgreSQL out of several: gates that must be passed one after the other, and writes that happen when
 * the last one was. Each of them ends in a condition, to which the gate before is added.
 *
 * They all look at the same snapshot; but a row that is to be changed and that somebody else has changed is waited for and
 * looked at again, and that is what a gate is.
 */
export function gated(steps: readonly CompiledStatement[], gateCount: number): CompiledStatement {
  const names: string[] = []
  const parts = steps.map(({ sql, names: own }, index) => {
    const text = sql.replaceAll(/\$(\d+)/g, (_, number: string) => `$${names.length + Number(number)}`)
    names.push(...own)
    const gate = Math.min(index, gateCount) - 1
    const condition = gate < 0 ? '' : ` and exists (select 1 from step${gate})`
    const isChange = index < gateCount && !isRead(sql)
    return `step${index} as (${text}${condition}${isChange ? ' returning 1' : ''})`
  })
  const counts = Array.from({ length: gateCount }, (_, index) => `(select count(*) from step${index})`)
  return { sql: `with ${parts.join(', ')} select ${counts.join(' + ')} as passed`, names }
}

/** Whether a statement changes nothing. */
export function isRead(sql: string): boolean {
  return /^select\b/i.test(sql)
}

/** The names of constant statements by their text. There are as many as are written here, or put together of those. */
const constants = new Map<string, string>()

/** Marks a statement as constant: it will be run again and again with this very text. */
export function constant(compiled: CompiledStatement): CompiledStatement {
  if (!constants.has(compiled.sql)) constants.set(compiled.sql, `gatewright_${constants.size}`)
  return compiled
}

/** What a constant statement is called in this process; `undefined` for any other. */
export function constantName(sql: string): string | undefined {
  return constants.get(sql)
}

function compiledOnce<Values, Row>(make: (flavor: Flavor) => CompiledStatement): Statement<Values, Row> {
  const compiled = new Map<string, CompiledStatement>()
  return {
    compile(flavor) {
      const key = `${flavor.dialect} ${flavor.accounts}`
      let known = compiled.get(key)
      if (known === undefined) {
        known = constant(make(flavor))
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
