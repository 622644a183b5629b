/** `gatewright keys`: what tokens are signed with. */

import { keyState } from '../server/keys/key-state.ts'
import type { StoredSigningKey } from '../store/grant-store.ts'
import { command } from './command.ts'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { inPlace, placeOptions } from './place.ts'
import { json, moment, table } from './terminal.ts'

const list = command({
  words: 'keys list',
  summary: 'list the signing keys that are published',
  options: placeOptions,
  notes: ['Private keys are never shown.'],
  examples: ['gatewright keys list --server src/server.ts'],
  run: (_, values) =>
    inPlace(values, async ({ store }) => {
      const now = Date.now()
      const keys = await store.listKeys(now)
      if (values.json === true) return json(keys.map((key) => keyJson(key, keys, now)))
      if (keys.length === 0) return 'There are no keys yet: a server makes its first one when it starts.\n'
      const rows = keys.map((key) => [
        key.id,
        key.algorithm,
        keyState(key, keys, now),
        moment(key.signsFrom),
        key.retiredAt === undefined ? '' : moment(key.retiredAt),
        key.removedAt === undefined ? '' : moment(key.removedAt),
      ])
      return table([['KEY', 'ALGORITHM', 'STATE', 'SIGNS FROM', 'SIGNS UNTIL', 'PUBLISHED UNTIL'], ...rows])
    }),
})

const rotate = command({
  words: 'keys rotate',
  summary: 'make and publish the next signing key now',
  options: placeOptions,
  notes: [
    'A server rotates its keys by itself; this is for the impatient. The new key signs after the time that keys are published ahead, so that every API has seen it by then, and the one before stays published until its last token has expired.',
    'Keys are encrypted with GATEWRIGHT_SECRET_KEY, which is needed everywhere but in development.',
  ],
  examples: ['gatewright keys rotate --server src/server.ts'],
  run: (_, values) =>
    inPlace(values, async ({ keys, store }) => {
      const kid = await (await keys()).rotate()
      const made = (await store.listKeys(Date.now())).find((key) => key.id === kid)
      if (made === undefined)
        throw new CommandError('the keys were changed by somebody else just now: look at them again')
      if (values.json === true) return json(keyJson(made, [made], Date.now()))
      return `Published the key ${kid}. It signs from ${moment(made.signsFrom)}.\n`
    }),
})

const remove = command({
  words: 'keys remove',
  summary: 'take a signing key out of use at once, as after a leak',
  operands: [{ name: 'kid', article: 'a', example: 'one of those that keys list shows' }],
  options: placeOptions,
  notes: [
    'Every token that it signed is refused as soon as the APIs have read the keys again. Servers that run stop using it within half a minute, and make another one if it was the last.',
    'Keys are encrypted with GATEWRIGHT_SECRET_KEY, which is needed everywhere but in development.',
  ],
  examples: ['gatewright keys remove 5hQ0bXn… --server src/server.ts'],
  run: ([kid = ''], values) =>
    inPlace(values, async ({ keys }) => {
      if (!(await (await keys()).remove(kid)))
        throw new CommandError(`there is no key ${JSON.stringify(kid)} in use`)
      return values.json === true ? json({ kid, removed: true }) : `Removed the key ${kid}.\n`
    }),
})

/** The commands. */
export const keyCommands: readonly Command[] = [list, rotate, remove]

function keyJson(
  key: StoredSigningKey,
  all: readonly StoredSigningKey[],
  now: number,
): Readonly<Record<string, unknown>> {
  const { id, algorithm, publishedAt, signsFrom, retiredAt, removedAt } = key
  return {
    kid: id,
    alg: algorithm,
    state: keyState(key, all, now),
    published_at: moment(publishedAt),
    signs_from: moment(signsFrom),
    ...(retiredAt === undefined ? {} : { signs_until: moment(retiredAt) }),
    ...(removedAt === undefined ? {} : { published_until: moment(removedAt) }),
    public_key: JSON.parse(key.publicKey) as unknown,
  }
}
