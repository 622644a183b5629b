/** The files of the docs page: named after their content, so that a browser may keep them for ever. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A file that never changes under its name. */
export interface Asset {
  /** For example `swagger-ui.3f2a9c0d1e4b.css`. */
  readonly name: string
  /** Answers with the file, compressed where the client can take it. */
  respond(request: Request): Promise<Response>
}

/** The files of Swagger UI that the docs page needs. They come with the package; nothing is fetched from elsewhere. */
export interface SwaggerFiles {
  readonly bundle: Asset
  readonly styles: Asset
  readonly icon: Asset
}

/** Reads the files of Swagger UI, once per process and not before the first visitor. */
export function swaggerFiles(): SwaggerFiles {
  files ??= {
    bundle: asset('swagger-ui', 'js', read('swagger-ui-bundle.js')),
    styles: asset('swagger-ui', 'css', read('swagger-ui.css')),
    icon: asset('favicon', 'png', read('favicon-32x32.png')),
  }
  return files
}

/**
 * Makes a file of some content.
 *
 * @param stem The readable part of its name.
 * @param extension Decides the media type.
 */
export function asset(stem: string, extension: keyof typeof mediaTypes, content: Uint8Array | string): Asset {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  const headers = {
    'content-type': mediaTypes[extension],
    // `private`: a docs page may stand behind a login, and no shared cache knows who is logged in.
    'cache-control': 'private, max-age=31536000, immutable',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  }
  let compressed: Promise<Uint8Array> | undefined
  return {
    name: `${stem}.${digest}.${extension}`,
    respond: async (request) => {
      if (extension === 'png' || !acceptsGzip(request)) return new Response(body(bytes), { headers })
      const zipped = await (compressed ??= compress(bytes))
      return new Response(body(zipped), { headers: { ...headers, 'content-encoding': 'gzip' } })
    },
  }
}

const mediaTypes = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
} as const

let files: SwaggerFiles | undefined

const compress = promisify(gzip)

function read(name: string): Uint8Array {
  // The same way up from `src/api` and from `dist/api`.
  const url = new URL(`../../assets/swagger-ui/${name}`, import.meta.url)
  try {
    return readFileSync(url)
  } catch (cause) {
    throw new Error(`The docs page lacks ${url.pathname}; \`npm ci\` puts it there`, { cause })
  }
}

/** RFC 9110 §12.5.3, as far as browsers and `curl` use it: listed, and not with a weight of zero. */
function acceptsGzip(request: Request): boolean {
  const encodings = (request.headers.get('accept-encoding') ?? '').toLowerCase().split(',')
  return encodings.some((each) => /^gzip(?!\s*;\s*q=0(?:\.0*)?$)/.test(each.trim()))
}

/** Bytes as a body: Node's types want to know that they are not shared between threads. */
function body(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
