import { override } from 'gatewright'
import { currentUser } from '../types/service.ts'

override(currentUser, { id: 'u1' })
