import { api } from 'gatewright'
import { currentUser } from '../types/service.ts'

api().get('/users/me', { user: currentUser }, ({ usr }) => usr)
