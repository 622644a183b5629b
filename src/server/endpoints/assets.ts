/** The style sheet and the scripts of the pages. */

import { router } from '../../api/router.ts'
import type { Router } from '../../api/router.ts'
import { assetPath, formPostScript } from '../interaction/assets.ts'
import { passkeyScript, passkeyScriptPath } from '../interaction/passkey-script.ts'
import { stylesheetPath } from '../interaction/visit.ts'
import type { PageSite } from './page-request.ts'

/** Serves them. */
export function assetRoutes({ settings, set }: Pick<PageSite, 'settings' | 'set'>): Router {
  const routes = router()
  addAsset(routes, stylesheetPath(settings, set), 'text/css', set.styles)
  addAsset(routes, assetPath(settings, formPostScript, 'js'), 'text/javascript', formPostScript)
  addAsset(routes, passkeyScriptPath(settings), 'text/javascript', passkeyScript)
  return routes
}

function addAsset(routes: Router, path: string, type: string, content: string): void {
  routes.get(path, {}, { open: true, hidden: true }, () => {
    return new Response(content, {
      headers: {
        'content-type': `${type}; charset=utf-8`,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      },
    })
  })
}
