/** Dependencies: parameters, computed values, a resource with a clean-up, work after the response. */

import { api, background, dependency, HttpError, path, query, resource } from 'gatewright'
import { z } from 'zod'

export const log: string[] = []

// Before `yield` it opens, after it it closes; an error of the request is thrown in at the `yield`.
const transaction = resource({}, async function* () {
  log.push('begin')
  try {
    yield { save: (text: string) => log.push(`save ${text}`) }
    log.push('commit')
  } catch (error) {
    log.push('roll back')
    throw error
  }
})

const page = dependency(
  { limit: query(z.int().min(1).max(100).default(10)), skip: query(z.int().min(0).default(0)) },
  ({ limit, skip }) => ({ from: skip, to: skip + limit }),
)

export const app = api({ title: 'Dependencies' })
  .get('/items', { page }, ({ page }) => page)
  .get('/items/{id}', { id: path(z.int()) }, ({ id }) => ({ id }))
  .post('/items/{name}', { name: path(z.string()), transaction, background }, (needs) => {
    if (needs.name === 'bad') throw new HttpError(400, 'This one cannot be saved')
    needs.transaction.save(needs.name)
    needs.background.add(() => void log.push(`tell about ${needs.name}`))
    return { saved: needs.name }
  })

if (import.meta.main) await app.listen({ port: 8000 })
