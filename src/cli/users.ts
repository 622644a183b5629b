/** `gatewright users`: the accounts of people. */

import { adminScopes } from '../server/admin/scopes.ts'
import type { Account, Accounts } from '../server/accounts/types.ts'
import { withoutUndefined } from '../protocol/without-undefined.ts'
import { words } from './client-definition.ts'
import { command } from './command.ts'
import type { Command, Operand } from './command.ts'
import { CommandError } from './command-error.ts'
import { wholeNumber } from './command-line.ts'
import { generatedPassword, readPassword } from './password-input.ts'
import { inPlace, placeOptions } from './place.ts'
import type { Place } from './place.ts'
import { counted, fields, json, moment, table } from './terminal.ts'

const username: Operand = { name: 'username', article: 'a', example: 'alice' }
const password = {
  'password-stdin': {
    kind: 'flag',
    help: 'read the password from standard input; one is made and shown once unless told',
  },
} as const
const keepPassword = {
  'keep-password': {
    kind: 'flag',
    help: 'the password is its owner’s own: it need not be changed at the next login',
  },
} as const
const onceNote = 'The password is shown once: what is kept is its hash.'
const changeNote =
  'Whoever the account is for chooses another password at the next login, before it opens anything; not so with --keep-password.'
const revokesNote =
  'Everything that was issued for the account is revoked: refresh tokens at once, access tokens within seconds.'

const add = command({
  words: 'users add',
  summary: 'add an account',
  operands: [username],
  options: {
    ...password,
    ...keepPassword,
    name: { kind: 'text', value: '<text>', help: 'what the person is called' },
    email: { kind: 'text', value: '<address>', help: 'where to write to them' },
    scope: {
      kind: 'list',
      value: '<names>',
      help: 'what the account may be granted by a login with its password',
    },
    admin: { kind: 'flag', help: 'may do everything in the administration: every admin scope' },
    disabled: { kind: 'flag', help: 'may not log in until it is enabled' },
    ...placeOptions,
  },
  notes: ['A password is never an argument: other programs on this machine could read it there.', changeNote],
  examples: [
    'gatewright users add alice --scope "me items:read" --server src/server.ts',
    'gatewright users add root --admin --server src/server.ts',
    'pass show alice | gatewright users add alice --password-stdin --database file:app.db',
  ],
  async run([name = ''], values) {
    const secret = await passwordFor(values['password-stdin'])
    return inPlace(values, async ({ accounts }) => {
      const account = await accounts.create({
        username: name,
        password: secret.value,
        name: values.name,
        email: values.email,
        scopes: [...(words(values.scope) ?? []), ...(values.admin === true ? Object.keys(adminScopes) : [])],
        disabled: values.disabled,
        mustChangePassword: values['keep-password'] !== true,
      })
      const shown = secret.isMade ? secret.value : undefined
      if (values.json === true) return json(withoutUndefined({ ...accountJson(account), password: shown }))
      const text = fields([
        ['id', account.id],
        ['username', account.username],
        ['password', shown],
      ])
      return `Added an account.\n\n${text}${shown === undefined ? '' : `\n${onceNote}\n`}`
    })
  },
})

const list = command({
  words: 'users list',
  summary: 'list the accounts, oldest first',
  options: {
    limit: { kind: 'text', value: '<number>', help: 'at most so many; 100 unless told, 1,000 at most' },
    after: { kind: 'text', value: '<id>', help: 'those after the account with this id' },
    ...placeOptions,
  },
  examples: ['gatewright users list --server src/server.ts'],
  async run(_, values) {
    const limit = wholeNumber('--limit', values.limit ?? '100', 1, 1000)
    return inPlace(values, async ({ accounts }) => {
      const page = await accounts.list({
        limit,
        ...(values.after === undefined ? {} : { after: values.after }),
      })
      if (values.json === true) return json(page.map(accountJson))
      if (page.length === 0) return 'There are no accounts.\n'
      const rows = page.map((account) => [
        account.username,
        account.name ?? '',
        account.scopes.join(' '),
        account.disabled ? 'disabled' : '',
        account.id,
      ])
      const last = page.length < limit ? '' : `; for more: --after ${page.at(-1)?.id ?? ''}`
      return `${table([['USERNAME', 'NAME', 'SCOPES', 'STATE', 'ID'], ...rows])}\n${counted(page.length, 'account')}${last}\n`
    })
  },
})

const setPassword = command({
  words: 'users set-password',
  summary: 'set another password and end every session',
  operands: [username],
  options: { ...password, ...keepPassword, ...placeOptions },
  notes: [revokesNote, changeNote],
  examples: ['gatewright users set-password alice --server src/server.ts'],
  async run([name = ''], values) {
    const secret = await passwordFor(values['password-stdin'])
    return inPlace(values, async (place) => {
      const { id } = await theAccount(place.accounts, name)
      await place.accounts.setPassword(id, secret.value, { mustChange: values['keep-password'] !== true })
      const shown = secret.isMade ? secret.value : undefined
      if (values.json === true) return json(withoutUndefined({ id, username: name, password: shown }))
      const text = shown === undefined ? '' : `\n${fields([['password', shown]])}\n${onceNote}\n`
      return `Set the password of ${name}.\n${text}`
    })
  },
})

const resetFactors = command({
  words: 'users reset-factors',
  summary: 'take all second factors away and end every session',
  operands: [username],
  options: placeOptions,
  notes: [
    'For somebody who has lost their authenticator apps, recovery codes and passkeys. Make sure that it is they who ask: the password alone is enough afterwards.',
    'With --server, where that can send mail, they are told by mail. With --database no mail is sent: tell them.',
    revokesNote,
  ],
  examples: ['gatewright users reset-factors alice --server src/server.ts'],
  run: ([name = ''], values) =>
    inPlace(values, async ({ accounts }) => {
      const { id } = await theAccount(accounts, name)
      await accounts.resetFactors(id)
      return values.json === true
        ? json({ id, username: name, reset: true })
        : `Took the second factors of ${name} away.\n`
    }),
})

const expirePassword = command({
  words: 'users expire-password',
  summary: 'have the password changed at the next login and end every session',
  operands: [username],
  options: placeOptions,
  notes: ['For a password that somebody else may know.', revokesNote],
  examples: ['gatewright users expire-password alice --server src/server.ts'],
  run: ([name = ''], values) =>
    inPlace(values, async ({ accounts }) => {
      const { id } = await theAccount(accounts, name)
      await accounts.update(id, { mustChangePassword: true })
      return values.json === true
        ? json({ id, username: name, mustChangePassword: true })
        : `The password of ${name} opens nothing until it is changed.\n`
    }),
})

const revokeAll = command({
  words: 'users revoke-all',
  summary: 'end every session and every token, of people and of clients: after a backup was restored',
  options: placeOptions,
  notes: [
    'A restored database knows nothing of what was revoked since the backup was made. With this nothing of that time is good any more: everybody logs in again, and clients ask for new tokens.',
    'Links that were sent by mail, and passwords and second factors that were changed since, are as they were in the backup.',
  ],
  examples: ['gatewright users revoke-all --server src/server.ts'],
  run: (_, values) =>
    inPlace(values, async ({ accounts, clients }) => {
      const people = await eachOf(
        (page) => accounts.list(page),
        ({ id }) => accounts.revoke(id),
      )
      // What a client got for itself, and for people whose accounts are elsewhere.
      const programs = await eachOf(
        (page) => clients.list(page),
        ({ id }) => clients.revoke(id),
      )
      return values.json === true
        ? json({ accounts: people, clients: programs })
        : `Ended every session of ${counted(people, 'account')} and every token of ${counted(programs, 'client')}.\n`
    }),
})

/** Does this with all that a list has, page by page, and counts them. */
async function eachOf<Item extends { readonly id: string }>(
  list: (page: { readonly after?: string; readonly limit: number }) => Promise<readonly Item[]>,
  work: (item: Item) => Promise<unknown>,
): Promise<number> {
  let count = 0
  for (let after: string | undefined; ;) {
    const page = await list({ limit: 1000, ...(after === undefined ? {} : { after }) })
    for (const item of page) await work(item)
    count += page.length
    after = page.at(-1)?.id
    if (after === undefined) return count
  }
}

const disable = changing(
  'disable',
  'keep an account from logging in and end every session',
  async (place, id) => {
    await place.accounts.update(id, { disabled: true })
  },
)

const enable = changing('enable', 'let an account log in again', async ({ accounts }, id) => {
  await accounts.update(id, { disabled: false })
})

const remove = changing('remove', 'remove an account and end every session', async (place, id) => {
  await place.accounts.remove(id)
})

/** The commands. */
export const userCommands: readonly Command[] = [
  add,
  list,
  disable,
  enable,
  setPassword,
  expirePassword,
  revokeAll,
  resetFactors,
  remove,
]

function changing(
  verb: 'disable' | 'enable' | 'remove',
  summary: string,
  change: (place: Place, id: string) => Promise<void>,
): Command {
  return command({
    words: `users ${verb}`,
    summary,
    operands: [username],
    options: placeOptions,
    notes: verb === 'enable' ? [] : [revokesNote],
    examples: [`gatewright users ${verb} alice --server src/server.ts`],
    run: ([name = ''], values) =>
      inPlace(values, async (place) => {
        const { id } = await theAccount(place.accounts, name)
        await change(place, id)
        return values.json === true
          ? json({ id, username: name, [`${verb}d`]: true })
          : `${past[verb]} ${name}.\n`
      }),
  })
}

const past = { disable: 'Disabled', enable: 'Enabled', remove: 'Removed' } as const

async function theAccount(accounts: Accounts, name: string): Promise<Account> {
  const account = await accounts.find(name)
  if (account === undefined) throw new CommandError(`there is no account ${JSON.stringify(name)}`)
  return account
}

async function passwordFor(
  isGiven: boolean | undefined,
): Promise<{ readonly value: string; readonly isMade: boolean }> {
  return isGiven === true
    ? { value: await readPassword(), isMade: false }
    : { value: generatedPassword(), isMade: true }
}

function accountJson({ createdAt, ...account }: Account): Readonly<Record<string, unknown>> {
  return { ...account, createdAt: moment(createdAt.getTime()) }
}
