/** Form bodies, `application/x-www-form-urlencoded` and `multipart/form-data`, as a list of fields. */

import { readText } from './body.ts'
import { formFields, tooManyFields, type FormEntry, type FormFields, type FormLimits } from './form-fields.ts'
import { mediaType } from './json-body.ts'
import { readMultipart } from './multipart.ts'

export type { FormEntry, FormFields, FormLimits } from './form-fields.ts'

/**
 * Reads a form. A body of another type, or of none, is a form without fields.
 *
 * @example
 *
 * ```ts
 * const form = await readForm(request, { bytes: 1_000_000, fields: 1_000, fileBytes: 1_000_000 })
 * form.get('username')
 * ```
 *
 * @throws {HttpError} 413 when it is too large, 400 when it is broken or has too many fields.
 */
export async function readForm(request: Request, limits: FormLimits): Promise<FormFields> {
  const contentType = request.headers.get('content-type') ?? ''
  const type = mediaType(contentType)
  if (type === 'application/x-www-form-urlencoded') {
    return formFields(urlencoded(await readText(request, limits.bytes), limits.fields))
  }
  if (type === 'multipart/form-data') return formFields(await readMultipart(request, contentType, limits))
  return formFields([])
}

function urlencoded(text: string, limit: number): FormEntry[] {
  // counted before anything is decoded: ten thousand names cost one scan
  let fields = text === '' ? 0 : 1
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    if (++fields > limit) throw tooManyFields(limit)
  }
  return [...new URLSearchParams(text.startsWith('?') ? `&${text}` : text)]
}
