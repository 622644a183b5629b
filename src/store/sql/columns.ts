/** How values are written into columns and read from them. */

import type { JsonObject } from '../ports/json.ts'

/** PostgreSQL gives whole numbers (`bigint`) as text. */
export type Integer = number | string

/** Reads names that were written with spaces between; no scope has one (RFC 6749 §3.3), and no URI. */
export function words(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ')
}

/** Reads JSON text that holds an object. */
export function parsed(text: string): JsonObject {
  // The cast: only objects are written to these columns.
  return JSON.parse(text) as JsonObject
}

/** JSON text, or `null` for a column that may be empty. */
export function json(value: JsonObject | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

/** A member that is there when its column is not empty. */
export function given<Name extends string, Value>(
  name: Name,
  column: Value | null,
): { readonly [Key in Name]?: Value }
export function given<Name extends string, Column, Value>(
  name: Name,
  column: Column | null,
  read: (column: Column) => Value,
): { readonly [Key in Name]?: Value }
export function given(name: string, column: unknown, read?: (column: unknown) => unknown): object {
  if (column === null) return {}
  return { [name]: read === undefined ? column : read(column) }
}
