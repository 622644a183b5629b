/** The fields of a form, whichever way they were sent, and how many there may be. */

import { HttpError } from './http-error.ts'

/** How much a form may hold. */
export interface FormLimits {
  /** The whole body, in bytes. */
  readonly bytes: number
  /** How many fields, files included. */
  readonly fields: number
  /** One file, in bytes. */
  readonly fileBytes: number
}

/** The fields of a form, in the order they were sent. A list and not an object: no name has a meaning of its own. */
export interface FormFields {
  readonly entries: readonly FormEntry[]
  /** The last value under this name. */
  get(name: string): string | File | undefined
  /** Every value under this name. */
  getAll(name: string): readonly (string | File)[]
}

/** A field: its name and its value. */
export type FormEntry = readonly [name: string, value: string | File]

/** Wraps a list of fields. */
export function formFields(entries: readonly FormEntry[]): FormFields {
  return {
    entries,
    get: (wanted) => entries.findLast(([name]) => name === wanted)?.[1],
    getAll: (wanted) => entries.filter(([name]) => name === wanted).map(([, value]) => value),
  }
}

/** The error for a form with more fields than allowed. */
export function tooManyFields(limit: number): HttpError {
  return new HttpError(400, `Too many fields. Maximum number of fields is ${limit}.`)
}
