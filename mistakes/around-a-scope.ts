import { security } from 'gatewright'
import { caller } from '../types/service.ts'

security(caller, ['me'])
