/** An application below `/api` of an Express app. Its body parsers and other middleware may run before it. */

import express from 'express'
import { toExpress } from 'gatewright/express'
import { app } from './scopes.ts'

export const host = express()
  .use(express.json(), express.urlencoded())
  .get('/health', (_request, response) => void response.send('fine'))
  .use('/api', toExpress(app))

if (import.meta.main) host.listen(8000, 'localhost')
