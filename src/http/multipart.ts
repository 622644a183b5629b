/** `multipart/form-data` bodies (RFC 7578), parsed while they arrive. */

import type { MultipartParser, MultipartPart } from '@remix-run/multipart-parser'
import { eachChunk } from './body.ts'
import { tooManyFields, type FormEntry, type FormLimits } from './form-fields.ts'
import { HttpError } from './http-error.ts'

/**
 * Reads the parts of a multipart form. A part with a file name is a `File`, every other one is text.
 *
 * @throws {HttpError} 413 when the body or a part is too large, 400 when it is broken or has too many parts.
 */
export async function readMultipart(
  request: Request,
  contentType: string,
  limits: FormLimits,
): Promise<readonly FormEntry[]> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) throw new HttpError(400, 'Missing boundary in multipart.')
  // Nine files and 1.5 MiB that most services never need.
  const library = await import('@remix-run/multipart-parser')
  const parser = new library.MultipartParser(boundary, {
    maxParts: limits.fields,
    maxFileSize: limits.fileBytes,
    maxTotalSize: limits.bytes,
  })
  const entries: FormEntry[] = []
  await eachChunk(request, limits.bytes, (chunk) => {
    // RFC 2046 §5.1.1: what follows the closing boundary has no meaning
    if (isFinished(parser)) return
    try {
      for (const part of parser.write(chunk)) entries.push(entryOf(part))
    } catch (error) {
      if (error instanceof library.MaxPartsExceededError) throw tooManyFields(limits.fields)
      if (error instanceof library.MaxFileSizeExceededError) throw new HttpError(413)
      throw broken(error)
    }
  })
  if (!isFinished(parser)) throw broken()
  return entries
}

/** RFC 2046 §5.1.1: at most 70 characters, and a closing one that is not a space. */
function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

function entryOf(part: MultipartPart): FormEntry {
  const { name, filename } = part
  if (name === undefined) throw broken()
  if (filename !== undefined) {
    const content = part.content.map((chunk) => chunk as Uint8Array<ArrayBuffer>) // never shared memory: it came off a socket
    return [name, new File(content, filename, { type: part.headers['content-type'] ?? '' })]
  }
  const charset = /;\s*charset="?([\w.:-]{1,40})/i.exec(part.headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  // an unknown charset or bytes that are not text end in the same answer
  return [name, new TextDecoder(charset, { fatal: true }).decode(part.bytes)]
}

function isFinished(parser: MultipartParser): boolean {
  try {
    parser.finish()
    return true
  } catch {
    return false
  }
}

function broken(cause?: unknown): HttpError {
  return new HttpError(400, 'There was an error parsing the body', { cause })
}
