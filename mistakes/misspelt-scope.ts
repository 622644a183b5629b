import { api, security } from 'gatewright'
import { activeUser } from '../types/service.ts'

api().get('/items', { user: security(activeUser, ['itmes']) }, ({ user }) => user.name)
