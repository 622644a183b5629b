import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { together } from './together.ts'

/** A question that is answered when the test says so. */
function question() {
  const asked: { readonly asks: readonly number[]; answer: (error?: Error) => void }[] = []
  const ask = together<number, number>(
    (asks) =>
      new Promise((resolve, reject) => {
        const answer = (error?: Error): void =>
          error === undefined ? resolve(asks.map((each) => each * 10)) : reject(error)
        asked.push({ asks, answer })
      }),
  )
  return { ask, asked }
}

test('whoever comes while something is asked is answered by the next statement, never by the one that runs', async () => {
  const { ask, asked } = question()
  const first = ask('key', 1)
  await turn()
  const rest = [ask('key', 2), ask('key', 3)]
  await turn()
  expect(asked.map(({ asks }) => asks)).toEqual([[1]])
  asked[0]?.answer()
  expect(await first).toBe(10)
  await turn()
  expect(asked.map(({ asks }) => asks)).toEqual([[1], [2, 3]])
  asked[1]?.answer()
  expect(await Promise.all(rest)).toEqual([20, 30])
})

test('who come in one turn of the event loop are asked for together, as many as may be at once', async () => {
  const batches: (readonly number[])[] = []
  const ask = together<number, number>(async (asks) => {
    batches.push(asks)
    return asks
  }, 2)
  expect(await Promise.all([1, 2, 3].map((each) => ask('key', each)))).toEqual([1, 2, 3])
  expect(batches).toEqual([[1, 2], [3]])
})

test('nobody waits for what is asked under another key', async () => {
  const { ask, asked } = question()
  void ask('slow', 1)
  const other = ask('other', 2)
  await turn()
  asked[1]?.answer()
  expect(await other).toBe(20)
})

test('what goes wrong is told to those who shared it, and the next ask anew', async () => {
  const { ask, asked } = question()
  const first = ask('key', 1)
  await turn()
  const second = ask('key', 2)
  asked[0]?.answer(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await turn()
  asked[1]?.answer()
  expect(await second).toBe(20)
  const third = ask('key', 3)
  await turn()
  asked[2]?.answer()
  expect(await third).toBe(30)
})
