/** An application as the route handler of Next.js: this file would be `app/api/[[...path]]/route.ts`. */

import { app } from './scopes.ts'

const handle = (request: Request): Promise<Response> => app.fetch(request, { basePath: '/api' })

export { handle as DELETE, handle as GET, handle as HEAD, handle as OPTIONS }
export { handle as PATCH, handle as POST, handle as PUT }
