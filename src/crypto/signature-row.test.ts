import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inRow } from './signature-row.ts'

test('what came in one turn is worked off in its order, before anybody goes on', async () => {
  const order: string[] = []
  const one = (name: string): Promise<void> =>
    inRow(() => order.push(`checks ${name}`)).then(() => void order.push(`goes on with ${name}`))
  const all = Promise.all(['a', 'b', 'c'].map(one))
  expect(order).toEqual([])
  await all
  expect(order).toEqual([
    'checks a', 'checks b', 'checks c', 'goes on with a', 'goes on with b', 'goes on with c',
  ]) // prettier-ignore
})

test('work that throws rejects, and holds up nobody', async () => {
  const fault = new Error('no')
  const settled = await Promise.allSettled([
    inRow(() => 1),
    inRow(() => {
      throw fault
    }),
    inRow(() => 3),
  ])
  expect(settled).toEqual([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: fault },
    { status: 'fulfilled', value: 3 },
  ])
})

test('a long row leaves others their turn', async () => {
  let done = 0
  const all = Array.from({ length: 100 }, () => inRow(() => done++))
  const seen: number[] = []
  while (seen.at(-1) !== 100) {
    await turn()
    seen.push(done)
  }
  expect(seen).toEqual([32, 64, 96, 100])
  await Promise.all(all)
})

test('who waited goes on in the asynchronous context of its own request', async () => {
  const context = new AsyncLocalStorage<string>()
  const seen = await Promise.all(
    ['a', 'b'].map((name) =>
      context.run(name, async () => {
        await inRow(() => 0)
        return context.getStore()
      }),
    ),
  )
  expect(seen).toEqual(['a', 'b'])
})
