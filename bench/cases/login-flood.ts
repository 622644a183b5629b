/** People log in by password, many at a time, while an API on the same server is asked: hashing must not be in its way. */

import { send } from '../harness/load.ts'
import type { Running } from '../harness/contender.ts'
import type { Case } from '../harness/rounds.ts'
import { checkIssuing } from './issuing-checks.ts'
import { inPlace, starter } from './issuing-contenders.ts'
import { askToken, clientCredentials } from './token-endpoint.ts'

const sizes = [0, 4, 16, 64]
const named = (size: number): string => (size === 0 ? 'no logins' : `${size} logins at a time`)
const password = 'correct horse battery staple'

export function loginFlood(): Case {
  const bySize = new Map(sizes.map((size) => [named(size), size]))
  const tokens = new WeakMap<Running, string>()
  return {
    name: 'an API while people log in',
    base: named(0),
    contenders: sizes.map((size) =>
      inPlace('gatewright', 'sqlite', { name: named(size), options: { people: size } }),
    ),
    environment: {},
    about:
      'Look at p99. Everything, hashing included, is on one CPU here, and its cost is in the ratio. Every other login has a ' +
      'wrong password, which costs as much. Refused are those for which there is no room in the queue.',
    start: starter('ES256'),
    async check(running) {
      const notes = await checkIssuing(running, 'ES256', undefined)
      const size = bySize.get(running.contender.name) ?? 0
      if (size > 0) {
        const statuses = [await logIn(running, 0, password), await logIn(running, 0, 'wrong')]
        if (statuses.join() !== '200,400') throw new Error(`a right and a wrong password: ${statuses.join()}`)
      }
      return notes
    },
    async prepare(running) {
      // Its tokens are short-lived.
      tokens.set(running, String((await askToken(running, clientCredentials)).body['access_token']))
    },
    async load(running, share) {
      const flood = floodOf(running, bySize.get(running.contender.name) ?? 0)
      const began = performance.now()
      const authorization = `Bearer ${tokens.get(running) ?? ''}`
      const result = await send({
        origin: running.origin,
        amount: Math.ceil(1000 * share) * 10,
        connections: 10,
        status: 200,
        requests: () => [{ method: 'GET', path: '/me', headers: { authorization } }],
      }).finally(() => flood.stop())
      const seconds = (performance.now() - began) / 1000
      const { judged, busy } = await flood.ended
      return { ...result, extra: { 'logins/s': judged / seconds, 'refused/s': busy / seconds } }
    },
  }
}

function floodOf(running: Running, size: number) {
  const counts = { judged: 0, busy: 0 }
  const over = new AbortController()
  async function person(at: number): Promise<void> {
    for (let time = 0; !over.signal.aborted; time++) {
      const isRight = time % 2 === 0
      const status = await logIn(running, at, isRight ? password : 'wrong')
      if (status === (isRight ? 200 : 400)) counts.judged++
      else if (status === 503) counts.busy++
      else throw new Error(`a ${isRight ? 'right' : 'wrong'} password: ${status}`)
      // Whoever is told to come back does not do so in the same millisecond.
      if (status === 503) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const all = Promise.all(Array.from({ length: size }, (_, at) => person(at)))
  all.catch(() => undefined)
  return {
    stop: () => over.abort(),
    ended: all.then(() => counts),
  }
}

async function logIn(running: Running, person: number, secret: string): Promise<number> {
  const form = { grant_type: 'password', username: `person-${person}`, password: secret }
  return (await askToken(running, form)).status
}
