/** Errors whose response is part of their meaning. */

/** A value that JSON can carry. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** What an {@link HttpError} may carry besides its status and detail. */
export interface HttpErrorOptions {
  /** Response headers, for example a challenge or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The reason for the log. It never leaves the server. */
  readonly cause?: unknown
}

/**
 * An error that becomes a response of its own: `{ "detail": … }` with this status. Everything else that is thrown
 * becomes a bare 500.
 *
 * @example
 *
 * ```ts
 * throw new HttpError(404, 'No such item')
 * ```
 */
export class HttpError extends Error {
  /** The status code, 400 to 599. */
  readonly status: number
  /** Public: what the client reads under `detail`. The reason phrase of the status unless told. */
  readonly detail: Json
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, detail?: Json, options: HttpErrorOptions = {}) {
    const shown = detail ?? reasonPhrase(status)
    super(typeof shown === 'string' ? shown : JSON.stringify(shown), { cause: options.cause })
    this.name = 'HttpError'
    this.status = status
    this.detail = shown
    this.headers = options.headers ?? {}
  }

  /** The response body. */
  toJSON(): Json {
    return { detail: this.detail }
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** The standard phrase of a status code (RFC 9110 §15), for bodies that say no more. */
export function reasonPhrase(status: number): string {
  return reasons[status] ?? (status < 500 ? 'Bad Request' : 'Internal Server Error')
}
