/** The script that starts Swagger UI in the browser, and what it is told. */

import type { Json } from '../http/http-error.ts'
import { redirectReceiver } from './docs-redirect.ts'

/** What the script is told. Locations are relative to the script itself. */
export interface InitializerSettings {
  /** Where the OpenAPI document is. */
  readonly document: string
  /** Where an authorization server sends the browser back to. */
  readonly redirect: string
  /** Options of Swagger UI. */
  readonly swagger: Readonly<Record<string, Json>>
  /** What its Authorize dialog is filled in with, and how it asks for codes. */
  readonly oauth: Readonly<Record<string, Json | undefined>>
}

/**
 * Writes the script: a file of its own, since the page's policy allows no script inside of it.
 *
 * Every location is worked out in the browser from the address the script was loaded from, so that neither a prefix nor
 * a proxy in between needs to be known here. The same goes for the document: its paths and its token URLs are taken to
 * start where the document is, unless it names a server itself (OpenAPI 3.1 §4.8.5: the server is the base of both).
 */
export function initializerScript(settings: InitializerSettings): string {
  return `'use strict'
{
  const settings = ${JSON.stringify(settings)}
  const here = document.currentScript.src
  const documentUrl = new URL(settings.document, here).href

  const page = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const showTheme = () => page.classList.toggle('dark-mode', dark.matches)
  dark.addEventListener('change', showTheme)
  showTheme()

  const tokenUrls = new Set()

  const located = (api) => {
    // One server that nobody named is no choice to offer.
    if (!api.servers?.length) page.classList.add('one-server')
    const servers = api.servers?.length ? api.servers : [{ url: '.' }]
    const isTemplate = (url) => url.includes('{')
    const absolute = servers.map((server) =>
      isTemplate(server.url) ? server : { ...server, url: new URL(server.url, documentUrl).href.replace(/\\/$/, '') })
    const base = isTemplate(absolute[0].url) ? documentUrl : absolute[0].url + '/'
    const at = (url) => new URL(url, base).href
    const flow = ([name, flow]) => {
      const urls = ['authorizationUrl', 'tokenUrl', 'refreshUrl'].filter((key) => flow[key])
      const found = Object.fromEntries(urls.map((key) => [key, at(flow[key])]))
      if (found.tokenUrl) tokenUrls.add(found.tokenUrl)
      return [name, { ...flow, ...found }]
    }
    const schemes = Object.entries(api.components?.securitySchemes ?? {}).map(([name, scheme]) => {
      const found = { ...scheme }
      if (found.openIdConnectUrl) found.openIdConnectUrl = at(found.openIdConnectUrl)
      if (found.flows) found.flows = Object.fromEntries(Object.entries(found.flows).map(flow))
      return [name, found]
    })
    const components = { ...api.components, securitySchemes: Object.fromEntries(schemes) }
    return { ...api, servers: absolute, components }
  }

  const asTokenRequest = (request) => {
    if (!tokenUrls.has(request.url)) return request
    // Only there to force a preflight, which few token endpoints of other origins answer.
    delete request.headers['X-Requested-With']
    // RFC 6749 §2.3.1: a client without a secret has nothing to authenticate with. Swagger UI sends "id:" all the same.
    const [, basic = ''] = /^Basic (.*)$/.exec(request.headers.Authorization ?? '') ?? []
    const [, clientId] = /^([^:]*):$/.exec(atob(basic)) ?? []
    if (clientId === undefined) return request
    delete request.headers.Authorization
    if (clientId) request.body += '&client_id=' + encodeURIComponent(clientId)
    return request
  }

  const ui = SwaggerUIBundle({
    ...settings.swagger,
    url: documentUrl,
    dom_id: '#swagger-ui',
    oauth2RedirectUrl: new URL(settings.redirect, here).href,
    requestInterceptor: asTokenRequest,
    plugins: [
      () => ({
        statePlugins: { spec: { wrapActions: { updateJsonSpec: (update) => (api) => update(located(api)) } } },
      }),
    ],
  })
  ui.initOAuth(settings.oauth)
${redirectReceiver}}
`
}
