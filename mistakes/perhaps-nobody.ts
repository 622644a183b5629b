import { api, optional } from 'gatewright'
import { currentUser } from '../types/service.ts'

api().get('/feed', { viewer: optional(currentUser) }, ({ viewer }) => viewer.name)
