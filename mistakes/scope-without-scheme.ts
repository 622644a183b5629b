import { dependency, security } from 'gatewright'

const clock = dependency({}, () => new Date())
security(clock, ['items'])
