/** The script of the pages with passkeys. Its name changes with its content, so browsers keep it for ever. */

import { router } from '../../api/router.ts'
import type { AnyRouter } from '../../api/router.ts'
import { passkeyScript, passkeyScriptPath } from '../interaction/passkey-script.ts'
import type { Settings } from '../settings.ts'

/** Serves the script. */
export function passkeyScriptRoute(settings: Settings): AnyRouter {
  return router().get(passkeyScriptPath(settings), {}, { open: true, hidden: true }, () => {
    return new Response(passkeyScript, {
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      },
    })
  })
}
