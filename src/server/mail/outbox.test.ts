/** Tests of the outbox: nobody waits for it, nothing is lost to a short failure, and nothing secret is reported. */

import { expect, test, vi } from 'vitest'
import { HttpError } from '../../http/http-error.ts'
import { outboxOf } from './outbox.ts'
import type { MailMessage } from './mail.ts'

const message: MailMessage = {
  from: 'no-reply@example.com',
  to: 'alice@example.com',
  subject: 'Hello',
  text: 'https://auth.test/reset-password?token=secret',
  html: '',
}

function place(send: (message: MailMessage) => Promise<unknown>, waits: readonly number[] = [1, 1, 1]) {
  const reports: unknown[] = []
  const outbox = outboxOf({ send, report: (error) => reports.push(error), waits, patience: 30 })
  return { outbox, reports }
}

test('what is posted is looked up and sent after the call, not in it', async () => {
  const steps: string[] = []
  const { outbox } = place(async () => void steps.push('sent'))
  outbox.post('reset', async () => {
    steps.push('looked up')
    return [message, message]
  })
  steps.push('answered')
  await outbox.close()
  expect(steps).toEqual(['answered', 'looked up', 'sent', 'sent'])
})

test('a short failure is tried again, of the looking up as well', async () => {
  const tries = { lookUp: 0, send: 0 }
  const failsTwice = (what: keyof typeof tries): void => {
    tries[what] += 1
    if (tries[what] < 3) throw new Error('away')
  }
  const sent: MailMessage[] = []
  const { outbox, reports } = place(async (each) => {
    failsTwice('send')
    sent.push(each)
  })
  outbox.post('reset', async () => {
    failsTwice('lookUp')
    return [message]
  })
  await vi.waitFor(() => expect(sent).toEqual([message]))
  expect([tries, reports]).toEqual([{ lookUp: 3, send: 3 }, []])
})

test('SECURITY 275: a lasting failure is reported without the address, the link, or what the server said', async () => {
  const refused = Object.assign(new Error('550 <alice@example.com> no such user, token=secret'), {
    code: 'EENVELOPE',
    responseCode: 550,
  })
  const { outbox, reports } = place(() => Promise.reject(refused))
  outbox.post('reset', async () => [message])
  await vi.waitFor(() => expect(reports).toHaveLength(1))
  expect(reports).toEqual([new Error('A message (reset) could not be sent after 4 tries: EENVELOPE 550')])
  expect((reports[0] as Error).cause).toBeUndefined()
})

test('SECURITY R25: a mail server that hangs holds no one, and does not stop the close', async () => {
  const { outbox, reports } = place(() => new Promise(() => undefined), [])
  for (let count = 0; count < 20; count += 1) outbox.post('reset', async () => [message])
  await outbox.close()
  expect(reports).toHaveLength(20)
  expect(reports[0]).toEqual(
    new Error('A message (reset) could not be sent after 1 tries: no answer in time'),
  )
})

test('SECURITY 284: it holds a bounded number, and then says when to come back', async () => {
  const { outbox } = place(async () => undefined)
  const fill = (): void => {
    for (let count = 0; count <= 1000; count += 1) outbox.post('reset', async () => [])
  }
  expect(fill).toThrow(HttpError)
  await outbox.close()
  expect(() => outbox.post('reset', async () => [])).toThrow(/try again/)
})
