/** `gatewright clients`: who may ask for tokens. */

import { ClientError } from '../server/clients.ts'
import type { Client, Clients } from '../server/clients.ts'
import { clientDefinition, clientOptions, namedScopes } from './client-definition.ts'
import { clientJson, clientText, sourceNames } from './client-view.ts'
import { command } from './command.ts'
import type { Command, Operand } from './command.ts'
import { CommandError } from './command-error.ts'
import { wholeNumber } from './command-line.ts'
import { inPlace, placeOptions } from './place.ts'
import { counted, fields, json, moment, table } from './terminal.ts'

const id: Operand = { name: 'id', article: 'an', example: 'web-app' }
const onceNote = 'The secret is shown once: what is kept is its hash.'

const add = command({
  words: 'clients add',
  summary: 'add a client and show its secret, once',
  operands: [{ ...id, isOptional: true }],
  options: { ...clientOptions, ...placeOptions },
  notes: [
    `<id> is its client_id; a random one unless told. ${onceNote}`,
    'With --server, --scope is held against the scopes of the server; a database alone knows none, and takes them as they are.',
  ],
  examples: [
    'gatewright clients add web --redirect-uri https://app.example/cb --server src/server.ts',
    'gatewright clients add nightly --client-credentials-scope "reports:read" --database file:app.db',
    'gatewright clients add phone --public --native --redirect-uri com.example.app:/cb --database file:app.db',
  ],
  async run([clientId], values) {
    const definition = clientDefinition(clientId, values)
    return inPlace(
      values,
      async ({ clients }) => {
        const { client, secret } = await clients.add(definition)
        if (values.json === true) {
          // RFC 7591 §3.2.1: 0 is never.
          return json({
            ...clientJson(client),
            ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
          })
        }
        const shown = fields([
          ['client_id', client.id],
          ['client_secret', secret],
        ])
        return `Added a client.\n\n${shown}${secret === undefined ? '' : `\n${onceNote}\n`}`
      },
      namedScopes(values),
    )
  },
})

const list = command({
  words: 'clients list',
  summary: 'list the clients',
  options: placeOptions,
  examples: ['gatewright clients list --server src/server.ts'],
  run: (_, values) =>
    inPlace(values, async ({ clients }) => {
      const all = await everyClient(clients)
      if (values.json === true) return json(all.map(clientJson))
      if (all.length === 0) return 'There are no clients.\n'
      const rows = all.map((client) => [
        client.id,
        client.metadata.clientName ?? '',
        client.metadata.tokenEndpointAuthMethod,
        client.metadata.grantTypes.map((each) => each.split(':').at(-1)).join(' '),
        `${sourceNames[client.source]}${client.disabled ? ', disabled' : ''}`,
      ])
      const head = ['CLIENT', 'NAME', 'AUTHENTICATES WITH', 'GRANTS', 'ADDED BY']
      return `${table([head, ...rows])}\n${counted(all.length, 'client')}\n`
    }),
})

const show = command({
  words: 'clients show',
  summary: 'show what a client is and may do',
  operands: [id],
  options: placeOptions,
  examples: ['gatewright clients show web --server src/server.ts'],
  run: ([clientId = ''], values) =>
    inPlace(values, async ({ clients }) => {
      const client = await theClient(clients, clientId)
      return values.json === true ? json(clientJson(client)) : clientText(client, Date.now())
    }),
})

const rotateSecret = command({
  words: 'clients rotate-secret',
  summary: 'make a new secret; the one before works for a while',
  operands: [id],
  options: {
    overlap: {
      kind: 'text',
      value: '<seconds>',
      help: 'how long the secret before still works: a day unless told, 0 after a leak',
    },
    ...placeOptions,
  },
  notes: [`${onceNote} Two secrets work at most: the oldest one ends at once.`],
  examples: ['gatewright clients rotate-secret web --overlap 3600 --server src/server.ts'],
  run([clientId = ''], values) {
    const overlap = wholeNumber('--overlap', values.overlap ?? '86400', 0, 31_536_000)
    return inPlace(values, async ({ clients }) => {
      const { source } = await theClient(clients, clientId)
      if (source === 'code') {
        // The next start would put the secret of the options back.
        throw new CommandError(
          `the client ${clientId} is in the options of the server: rotate it there, with secret: [new, old]`,
        )
      }
      const secret = await clients.rotateSecret(clientId, overlap)
      const end = Date.now() + overlap * 1000
      if (values.json === true) {
        return json({
          client_id: clientId,
          client_secret: secret,
          client_secret_expires_at: 0,
          previous_secret_expires_at: Math.floor(end / 1000),
        })
      }
      const shown = fields([
        ['client_id', clientId],
        ['client_secret', secret],
      ])
      const before = overlap === 0 ? 'does not work any more' : `works until ${moment(end)}`
      return `${shown}\n${onceNote} The secret before ${before}.\n`
    })
  },
})

const remove = command({
  words: 'clients remove',
  summary: 'remove a client and everything it was given',
  operands: [id],
  options: placeOptions,
  notes: [
    'Its refresh tokens and grants are gone with it, and its access tokens are refused within seconds.',
  ],
  examples: ['gatewright clients remove web --server src/server.ts'],
  run: ([clientId = ''], values) =>
    inPlace(values, async ({ clients }) => {
      const client = await theClient(clients, clientId)
      if (!(await clients.remove(clientId))) throw unknown(clientId)
      if (values.json === true) return json({ client_id: clientId, removed: true })
      const back =
        client.source === 'code'
          ? ' While the server has it in its options, it comes back at the next start.'
          : ''
      return `Removed the client ${clientId}.${back}\n`
    }),
})

/** The commands. */
export const clientCommands: readonly Command[] = [add, list, show, rotateSecret, remove]

async function everyClient(clients: Clients): Promise<readonly Client[]> {
  const all: Client[] = []
  for (;;) {
    const after = all.at(-1)?.id
    const page = await clients.list({ limit: 200, ...(after === undefined ? {} : { after }) })
    all.push(...page)
    if (page.length < 200) return all
  }
}

async function theClient(clients: Clients, clientId: string): Promise<Client> {
  const client = await clients.get(clientId)
  if (client === undefined) throw unknown(clientId)
  return client
}

function unknown(clientId: string): ClientError {
  return new ClientError('unknown', `There is no client ${JSON.stringify(clientId)}`)
}
