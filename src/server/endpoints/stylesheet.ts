/** The style sheet of the pages. Its name changes with its content, so browsers keep it for ever. */

import { router } from '../../api/router.ts'
import type { AnyRouter } from '../../api/router.ts'
import { stylesheetPath } from '../interaction/visit.ts'
import type { PageSite } from './page-request.ts'

/** Serves the style sheet. */
export function stylesheetRoute({ settings, set }: Pick<PageSite, 'settings' | 'set'>): AnyRouter {
  return router().get(stylesheetPath(settings, set), {}, { open: true, hidden: true }, () => {
    return new Response(set.styles, {
      headers: {
        'content-type': 'text/css; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      },
    })
  })
}
