import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { docsPage } from './docs-page.ts'

const docs = docsPage({
  title: 'Items <script>alert(1)</script>',
  path: '/docs',
  openapiPath: '/openapi.json',
})
const get = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(new URL(path, 'https://api.example'), { headers })

/** The links of a page, as a browser resolves them. */
async function linksOf(response: Response, url: string): Promise<readonly string[]> {
  const markup = await response.text()
  return [...markup.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => new URL(link ?? '', url).href)
}

test('SECURITY 258: the title is escaped', async () => {
  const markup = await docs.page(get('/docs')).text()
  expect(markup).toContain('<title>Items &lt;script&gt;alert(1)&lt;/script&gt; – API documentation</title>')
  expect(markup.match(/<script[^>]*>/g)?.every((tag) => tag.includes(' src="'))).toBe(true)
})

test('SECURITY 255: no script, style or handler stands inside of the page, and the policy allows none', async () => {
  const response = docs.page(get('/docs'))
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  const markup = await response.text()
  expect(markup).not.toMatch(/<style|style=|\son\w+=|<script>|javascript:/i)
})

test('SECURITY 254 and 257: not frameable, not sniffed, no referrer, a charset', () => {
  for (const response of [
    docs.page(get('/docs')),
    docs.file('oauth2-redirect', get('/docs/oauth2-redirect')),
  ]) {
    const { headers } = response as Response
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin-allow-popups')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  }
})

test.each([
  ['/docs', '/openapi.json', 'https://api.example/docs'],
  ['/docs', '/openapi.json', 'https://api.example/docs/'],
  ['/docs', '/openapi.json', 'https://api.example/some/prefix/docs'],
  ['/internal/docs', '/openapi.json', 'https://api.example/internal/docs'],
  ['/internal/docs', '/internal/openapi.json', 'https://api.example/x/internal/docs'],
  ['/internal/docs', '/public/openapi.json', 'https://api.example/internal/docs/'],
])('a page at %s with its document at %s works when the browser sees %s', async (path, openapiPath, seen) => {
  const page = docsPage({ title: 'Items', path, openapiPath })
  const prefix = new URL(seen).pathname.replace(/\/$/, '').slice(0, -path.length)
  const links = await linksOf(page.page(get(seen.endsWith('/') ? `${path}/` : path)), seen)
  const files = links.filter((link) => !link.endsWith('openapi.json'))
  expect(links.filter((link) => !files.includes(link))).toEqual([
    `https://api.example${prefix}${openapiPath}`,
  ])
  expect(files).toHaveLength(5)
  for (const link of files) {
    const name = link.slice(`https://api.example${prefix}${path}/`.length)
    expect(`https://api.example${prefix}${path}/${name}`).toBe(link)
    expect((await page.file(name, get(link)))?.status).toBe(200)
  }
  const initializer = files.find((link) => link.includes('initializer')) ?? ''
  const script =
    (await (await page.file(initializer.split('/').at(-1) ?? '', get(initializer)))?.text()) ?? ''
  const [, location = ''] = /"document":"([^"]+)"/.exec(script) ?? []
  expect(new URL(location, initializer).href).toBe(`https://api.example${prefix}${openapiPath}`)
})

test('files are named after their content, may be kept for ever, and only by the browser', async () => {
  const [styles = ''] = (await linksOf(docs.page(get('/docs')), 'https://api.example/docs')).filter((link) =>
    link.endsWith('.css'),
  )
  const name = styles.split('/').at(-1) ?? ''
  expect(name).toMatch(/^swagger-ui\.[0-9a-f]{12}\.css$/)
  const response = await docs.file(name, get(styles))
  expect(response?.headers.get('cache-control')).toBe('private, max-age=31536000, immutable')
  expect(response?.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(response?.headers.get('x-content-type-options')).toBe('nosniff')
  expect(docs.file(name.replace(/[0-9a-f]{12}/, '000000000000'), get(styles))).toBe(undefined)
})

test.each([
  ['gzip', true],
  ['br, GZIP;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip; q=0.0', false],
  ['br', false],
  ['', false],
])('accept-encoding %j gives gzip: %j', async (encoding, isZipped) => {
  const links = await linksOf(docs.page(get('/docs')), 'https://api.example/docs')
  const name =
    links
      .find((link) => link.includes('/swagger-ui') && link.endsWith('.js'))
      ?.split('/')
      .at(-1) ?? ''
  const response = await docs.file(name, get('/', { 'accept-encoding': encoding }))
  const bytes = new Uint8Array((await response?.arrayBuffer()) ?? new ArrayBuffer())
  expect(response?.headers.get('content-encoding')).toBe(isZipped ? 'gzip' : null)
  expect(response?.headers.get('vary')).toBe('accept-encoding')
  expect(Buffer.from(isZipped ? gunzipSync(bytes) : bytes).toString()).toContain('SwaggerUIBundle')
  if (isZipped) expect(bytes.length).toBeLessThan(600_000)
})

test.each([
  '',
  '..',
  '../package.json',
  'swagger-ui-bundle.js',
  'constructor',
  '__proto__',
  'oauth2-redirect.html',
  'oauth2-redirect.js',
])('there is no file %j', (name) => {
  expect(docs.file(name, get('/'))).toBe(undefined)
})

test('other origins that the page must reach are added to its policy, once', () => {
  const connect = (): readonly string[] => [
    'https://login.example',
    'https://login.example',
    'https://eu.example',
  ]
  const page = docsPage({ title: 'Items', path: '/docs', openapiPath: '/openapi.json', connect })
  expect(page.page(get('/docs')).headers.get('content-security-policy')).toContain(
    "connect-src 'self' https://login.example https://eu.example;",
  )
})

test('options cannot break out of the script they are written into', async () => {
  const appName = `"}; alert(1); \u2028 </script> \${alert(1)} \``
  const page = docsPage({ title: 'x', path: '/docs', openapiPath: '/openapi.json', oauth: { appName } })
  const links = await linksOf(page.page(get('/docs')), 'https://api.example/docs')
  const name =
    links
      .find((link) => link.includes('initializer'))
      ?.split('/')
      .at(-1) ?? ''
  const script = (await (await page.file(name, get('/')))?.text()) ?? ''
  const [, settings = ''] = /const settings = ([^\n]*)/.exec(script) ?? []
  expect(JSON.parse(settings)).toMatchObject({ oauth: { appName, usePkceWithAuthorizationCodeGrant: true } })
})

test('RFC 6749 §10.5: the redirect page, whose address holds a code, is never stored', () => {
  const response = docs.file('oauth2-redirect', get('/docs/oauth2-redirect?code=secret')) as Response
  expect(response.headers.get('cache-control')).toBe('no-store')
})
