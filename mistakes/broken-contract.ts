import { api } from 'gatewright'
import { z } from 'zod'
import { currentUser } from '../types/service.ts'

const Profile = z.object({ id: z.string(), email: z.string() })

api().get('/users/me', { user: currentUser }, { returns: Profile }, ({ user }) => user)
