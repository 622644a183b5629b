/**
 * Dependencies read from the request: path, query, header, cookie, and the body as JSON, form or files.
 *
 * A parameter is called what its key is called: `{ page: query(z.number()) }` reads `?page=`.
 */

import type { FilesOptions, ParameterOptions, Place } from './definition.ts'
import type { Dependency } from './dependency.ts'
import type { Schema } from './schema.ts'

/** A path parameter: a type of its own, so that a route can check that its path has it. */
export interface PathParameter<out Value> extends Dependency<Value> {
  readonly in: 'path'
}

/**
 * Reads the path segment of the same name: `{ id: path(z.uuid()) }` with `/items/{id}`.
 *
 * @param schema Any Standard Schema. Text becomes numbers, booleans and lists where its JSON Schema says so.
 */
export function path<Output>(
  schema: Schema<unknown, Output>,
  options: Omit<ParameterOptions, 'name'> = {},
): PathParameter<Output> {
  return { in: 'path', ...parameter('path', schema, options) }
}

/** Reads the query parameter of the same name; a list where the schema wants one, otherwise the last value. */
export function query<Output>(
  schema: Schema<unknown, Output>,
  options: ParameterOptions = {},
): Dependency<Output> {
  return parameter('query', schema, options)
}

/** Reads the header of the same name, `xRequestId` being `x-request-id`. */
export function header<Output>(
  schema: Schema<unknown, Output>,
  options: ParameterOptions = {},
): Dependency<Output> {
  return parameter('header', schema, options)
}

/** Reads the cookie of the same name, as it was sent; the last one of several. */
export function cookie<Output>(
  schema: Schema<unknown, Output>,
  options: ParameterOptions = {},
): Dependency<Output> {
  return parameter('cookie', schema, options)
}

/**
 * Reads a JSON body. It is read after the credentials were found good, and only if its content type is JSON, so that
 * another site's form cannot send one.
 */
export function json<Output>(
  schema: Schema<unknown, Output>,
  options: Omit<ParameterOptions, 'name'> = {},
): Dependency<Output> {
  return { scopes: [], definition: { kind: 'body', body: 'json', schema, options } }
}

/**
 * Reads a form, urlencoded or multipart, as an object of its fields. An empty field counts as absent; of a repeated
 * one the last value counts unless the schema wants a list.
 */
export function form<Output>(
  schema: Schema<unknown, Output>,
  options: Omit<ParameterOptions, 'name'> = {},
): Dependency<Output> {
  return { scopes: [], definition: { kind: 'body', body: 'form', schema, options } }
}

/**
 * Reads the uploaded files of the form field of the same name.
 *
 * @example
 *
 * ```ts
 * app.post('/photos', { photos: files({ max: 5, types: ['image/png'] }) }, ({ photos }) => photos.length)
 * ```
 */
export function files(options: FilesOptions = {}): Dependency<readonly File[]> {
  return { scopes: [], definition: { kind: 'files', options } }
}

function parameter<Output>(
  place: Place,
  schema: Schema<unknown, Output>,
  options: ParameterOptions,
): Dependency<Output> {
  return { scopes: [], definition: { kind: 'parameter', place, schema, options } }
}
