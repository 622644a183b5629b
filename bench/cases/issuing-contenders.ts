/** Who issues tokens, where each keeps its state, and how each is started. */

import type { Contender, Running } from '../harness/contender.ts'
import { start } from '../harness/contender.ts'
import { newPlace } from '../harness/places.ts'
import type { Place, Store } from '../harness/places.ts'
import { audience, issuer, makeKey } from '../harness/tokens.ts'
import { challenge, clientId, clientSecret, redirectUri } from './token-endpoint.ts'

/** A contender of these cases. */
export interface Issuing extends Contender {
  readonly store: Store
  /** How many processes share the place. */
  readonly processes?: number
  /** Counts its refresh tokens from outside, where it is said to keep them. */
  readonly count?: string
}

export const base = 'bare node:http, state in a Map'

const programs = {
  gatewright: 'select count(*) from gatewright_refresh_tokens',
  'oidc-provider': `select count(*) from oidc_payloads where model = 'RefreshToken'`,
  'better-auth': 'select count(*) from "oauthRefreshToken"',
}
const places = { memory: 'in memory', sqlite: 'SQLite', postgres: 'PostgreSQL' }

/** One of those that can be had in several places. */
export function inPlace(program: keyof typeof programs, store: Store, more: Partial<Issuing> = {}): Issuing {
  return {
    name: `${program}, ${places[store]}`,
    program: `issuing/${program}.mjs`,
    store,
    options: { store, ...more.options },
    ...(store === 'memory' ? {} : { count: programs[program] }),
    ...(program === 'better-auth' ? { part: 0.1 } : {}),
    ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'options')),
  }
}

export const everybody: readonly Issuing[] = [
  { name: base, program: 'issuing/bare.mjs', store: 'memory' },
  inPlace('gatewright', 'sqlite'),
  inPlace('gatewright', 'postgres'),
  inPlace('oidc-provider', 'memory'),
  inPlace('oidc-provider', 'sqlite'),
  inPlace('oidc-provider', 'postgres'),
  inPlace('better-auth', 'memory'),
  inPlace('better-auth', 'sqlite'),
  inPlace('better-auth', 'postgres'),
  {
    name: '@node-oauth/oauth2-server + jose, in memory',
    program: 'issuing/oauth2-server.mjs',
    store: 'memory',
  },
]

const atPlace = new WeakMap<Running, Place>()

/** Where the state of a running contender is. */
export function placeOf(running: Running): Place {
  const place = atPlace.get(running)
  if (place === undefined) throw new Error('started by somebody else')
  return place
}

/** Starts them on new places, one key pair for all who take one. */
export function starter(algorithm: string): (contender: Contender) => Promise<Running> {
  const environment = {
    ALGORITHM: algorithm,
    KEY: JSON.stringify(makeKey(algorithm).jwk),
    ISSUER: issuer,
    AUDIENCE: audience,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    REDIRECT_URI: redirectUri,
    CHALLENGE: challenge,
  }
  return async (contender) => {
    const { store, processes = 1 } = contender as Issuing
    const place = await newPlace(store)
    const all: Running[] = []
    try {
      for (let at = 0; at < processes; at++) {
        // On a CPU each, as long as there are enough.
        all.push(await start({ ...contender, cpu: at }, { ...environment, DATABASE_URL: place.url }))
      }
    } catch (fault) {
      for (const each of all) await each.stop()
      place.remove()
      throw fault
    }
    const running = asOne(all, place)
    atPlace.set(running, place)
    return running
  }
}

function asOne(all: readonly Running[], place: Place): Running {
  const [first] = all
  if (first === undefined) throw new Error('nothing was started')
  return {
    ...first,
    about: { ...first.about, origins: all.map(({ origin }) => origin) },
    ...(place.cpu === undefined ? {} : { databaseCpu: place.cpu }),
    async usage() {
      const each = await Promise.all(all.map((running) => running.usage()))
      return {
        cpu: each.reduce((sum, { cpu }) => sum + cpu, 0),
        memory: each.reduce((sum, { memory }) => sum + memory, 0),
      }
    },
    async stop() {
      await Promise.all(all.map((running) => running.stop()))
      place.remove()
    },
  }
}
