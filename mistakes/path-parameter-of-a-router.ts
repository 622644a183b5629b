import { path, router } from 'gatewright'
import { z } from 'zod'

router({ prefix: '/users/{user}' }).get('/posts', { users: path(z.string()) }, ({ users }) => users)
