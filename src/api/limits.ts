/** How much of everything a request may bring. Every limit has a default; a route may have its own. */

import type { FormLimits } from '../http/form-body.ts'
import type { JsonLimits } from '../http/json-body.ts'
import { invalidOption } from './option-error.ts'

/** What an application or a single route may set. */
export interface LimitOptions {
  /** The largest body that is JSON or a urlencoded form, in bytes; 1 MiB unless told. */
  readonly body?: number
  /** The largest multipart body, in bytes; 10 MiB unless told. */
  readonly upload?: number
  /** The largest single file, in bytes; the limit of the upload unless told. */
  readonly file?: number
  /** How many fields a form may have; 1,000 unless told. */
  readonly fields?: number
  /** How many arrays and objects JSON may nest; 64 unless told. */
  readonly depth?: number
  /** How long until the response must have begun, in seconds; 60 unless told, 0 for no limit. */
  readonly timeout?: number
}

/** The limits of one route, complete. */
export interface Limits {
  readonly json: JsonLimits
  readonly urlencoded: FormLimits
  readonly multipart: FormLimits
  /** In milliseconds; 0 for no limit. */
  readonly timeout: number
}

/** Completes the limits of a route from its own, the application's and the defaults. */
export function limitsOf(application: LimitOptions = {}, route: LimitOptions = {}): Limits {
  for (const [option, value] of Object.entries({ ...application, ...route })) {
    if (typeof value !== 'number' || !(value >= 0)) {
      throw invalidOption('limits', option, `a number of at least 0, not ${String(value)}`)
    }
  }
  const {
    body = 1_048_576,
    upload = 10_485_760,
    fields = 1_000,
    depth = 64,
    timeout = 60,
  } = {
    ...application,
    ...route,
  }
  const file = route.file ?? application.file ?? upload
  return {
    json: { bytes: body, depth },
    urlencoded: { bytes: body, fields, fileBytes: 0 },
    multipart: { bytes: upload, fields, fileBytes: file },
    timeout: timeout * 1000,
  }
}
