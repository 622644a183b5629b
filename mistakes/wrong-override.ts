import { override } from 'gatewright'
import { machine } from '../types/service.ts'

override(machine, { name: 'robot', scopes: ['itmes'] })
