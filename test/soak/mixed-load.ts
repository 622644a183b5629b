/** What many clients and people do all day, at a fixed rate: the load of a long run. */

import { setTimeout as pause } from 'node:timers/promises'
import { browserOf } from '../flows/browser-jar.ts'
import type { JarBrowser } from '../flows/browser-jar.ts'
import { filesResource, mintCode, post, redeem, refresh, secrets } from '../server/parties.ts'
import type { Reply } from '../server/parties.ts'
import type { RunningServer } from '../server/running-server.ts'

/** What was done since the last time that somebody asked. */
export interface Done {
  /** How often each kind of thing was done to its end. */
  readonly counts: ReadonlyMap<string, number>
  /** How long each request of a client took, in milliseconds. */
  readonly times: readonly number[]
  /** Not begun, because too much was going on; or answered with 503. */
  readonly refused: number
  /** What was answered as it must not be, in words. */
  readonly complaints: readonly string[]
}

/** A load that runs. */
export interface MixedLoad {
  take(): Done
  /** No more is begun; what was begun is done to its end. */
  stop(): Promise<void>
}

/** Everything that is done. */
export const loadKinds = [
  'client credentials',
  'reference token',
  'unknown token',
  'wrong code',
  'session',
  'device',
  'wrong login',
  'login',
] as const

/** More at once are not begun: the rate would only become a queue. */
const mostAtOnce = 100

/**
 * Begins, and goes on until it is stopped.
 *
 * @param day How long a day of the server's lasts, in milliseconds.
 */
export async function startLoad(server: RunningServer, day: number): Promise<MixedLoad> {
  const people = Array.from({ length: 20 }, (_, index) => `person ${index}`)
  const subjects = await Promise.all(people.map((name) => server.call('createUser', name, ['read', 'write'])))
  const underWay = new Set<Promise<void>>()
  let done = emptied()

  /** Counts and times a request, and complains of an answer that is none of these. */
  async function sent(
    what: string,
    asked: () => Promise<Reply>,
    ...right: readonly number[]
  ): Promise<Reply> {
    const start = performance.now()
    const reply = await asked()
    done.times.push(performance.now() - start)
    if (reply.status === 503) throw new Refused()
    if (!right.includes(reply.status)) throw new Error(`${what}: ${reply.status} ${reply.text.slice(0, 200)}`)
    return reply
  }

  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const as = (id: 'machine' | 'files'): Readonly<Record<string, string>> => ({
    ...form,
    authorization: `Basic ${btoa(`${id}:${encodeURIComponent(secrets[id])}`)}`,
  })
  const grant = { grant_type: 'client_credentials' }
  const subject = (): string => subjects[Math.floor(Math.random() * subjects.length)] ?? ''
  const introspect = (token: string) => () => post(`${server.url}/introspect`, { token }, as('files'))
  const browser = (): JarBrowser =>
    browserOf(
      {
        request: (url, init) => fetch(new URL(url, server.url), { ...init, redirect: 'manual' }),
      },
      server.url,
    )

  /** A code, three refreshes one after another; half of all then say that they are done. */
  async function session(clientId: 'spa', isPolite: boolean): Promise<void> {
    const redemption = await mintCode(server, subject(), clientId)
    let { body } = await sent('code', () => redeem(server, redemption), 200)
    for (let time = 0; time < 3; time += 1) {
      await pause(500 + Math.random() * 1000)
      const token = body.refresh_token ?? ''
      body = (await sent('refresh', () => refresh(server, token), 200)).body
    }
    if (!isPolite) return
    for (const token of [body.access_token ?? '', body.refresh_token ?? '']) {
      await sent('revocation', () => post(`${server.url}/revoke`, { token, client_id: clientId }), 200)
    }
  }

  async function device(isApproved: boolean): Promise<void> {
    const begun = await sent(
      'device',
      () => post(`${server.url}/device_authorization`, { client_id: 'tv', scope: 'read' }),
      200,
    )
    const { device_code: code = '', user_code: shown = '' } = JSON.parse(begun.text) as Record<string, string>
    const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
    const poll = () =>
      post(`${server.url}/token`, { grant_type: grantType, client_id: 'tv', device_code: code })
    await sent('poll', poll, 400)
    if (!isApproved) return
    const start = performance.now()
    await server.call('approveDevice', shown, subject())
    // The interval is over: the clock of the server is far ahead. Where its day is over before the device has asked,
    // what the person agreed to may be tidied away already.
    const { status } = await sent('poll', poll, 200, 400)
    if (status === 400 && performance.now() - start < day) throw new Error('The device got nothing')
  }

  /** A person at the login page. */
  async function login(name: string, isRight: boolean): Promise<void> {
    const person = browser()
    const page = await person.open(`${server.url}/login?next=/account`)
    const password = isRight ? `the password of ${name}` : 'something else'
    const { status, path } = await person.submit(page, { username: name, password })
    if (status === 503) throw new Refused()
    const right = isRight ? '200 /account' : '401 /login'
    if (`${status} ${path}` !== right) throw new Error(`login: ${status} ${path}, and not ${right}`)
  }

  let turn = 0
  /** Each with how many of a hundred ticks it is begun at. */
  const kinds: readonly (readonly [(typeof loadKinds)[number], number, () => Promise<unknown>])[] = [
    [
      'client credentials',
      60,
      () => sent('token', () => post(`${server.url}/token`, grant, as('machine')), 200),
    ],
    [
      'reference token',
      20,
      async () => {
        const wish = { ...grant, resource: filesResource, client_id: 'post', client_secret: secrets.post }
        const { body } = await sent('token', () => post(`${server.url}/token`, wish), 200)
        const told = await sent('introspection', introspect(body.access_token ?? ''), 200)
        if (!told.text.includes('"active":true')) throw new Error(`introspection: ${told.text}`)
      },
    ],
    ['unknown token', 20, () => sent('introspection', introspect('nothing'), 200)],
    ['wrong code', 5, () => sent('wrong code', () => redeem(server, { ...wrongCode }), 400)],
    ['session', 20, () => session('spa', turn % 2 === 0)],
    ['device', 5, () => device(turn % 2 === 0)],
    [
      'wrong login',
      5,
      () => login(turn % 2 === 0 ? (people[turn % 20] ?? '') : `nobody ${turn % 20}`, false),
    ],
    ['login', 5, () => login(people[turn % 20] ?? '', true)],
  ]

  const ticking = setInterval(() => {
    turn += 1
    for (const [name, share, begin] of kinds) {
      if (Math.random() * 100 >= share) continue
      if (underWay.size >= mostAtOnce) {
        done.refused += 1
        continue
      }
      const one = begin()
        .then(() => void done.counts.set(name, (done.counts.get(name) ?? 0) + 1))
        .catch((error: unknown) => {
          if (error instanceof Refused) done.refused += 1
          else if (done.complaints.length < 20) done.complaints.push(`${name}: ${String(error)}`)
        })
        .finally(() => void underWay.delete(one))
      underWay.add(one)
    }
  }, 100)

  return {
    take() {
      const taken = done
      done = emptied()
      return taken
    },
    async stop() {
      clearInterval(ticking)
      await Promise.all(underWay)
    },
  }
}

/** Told to come again later. */
class Refused extends Error {}

const wrongCode = {
  grant_type: 'authorization_code',
  client_id: 'spa',
  code: 'x'.repeat(43),
  redirect_uri: 'https://client.example/callback',
  code_verifier: 'v'.repeat(43),
}

function emptied() {
  return { counts: new Map<string, number>(), times: [] as number[], refused: 0, complaints: [] as string[] }
}
