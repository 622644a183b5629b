import { expect, test } from 'vitest'
import { ageOn, catchingUp } from './catch-up.ts'

function clocks() {
  const time = { steady: 5000, wall: 1_800_000_000_000 }
  return { time, age: ageOn({ steady: () => time.steady, wall: () => time.wall }) }
}

test('what is known is as old as the clock says that says more', () => {
  const { time, age } = clocks()
  expect(age.value).toBe(Infinity)
  const before = age.moment()
  time.steady += 40
  time.wall += 40
  age.renew(before)
  expect(age.value).toBe(40)
  // The computer slept: one clock stood still.
  time.wall += 60_000
  expect(age.value).toBe(60_040)
  // The clock was set back.
  time.wall -= 600_000
  time.steady += 1000
  expect(age.value).toBe(1040)
})

test('nothing is newer than now, and nothing gets older by an answer that comes late', () => {
  const { time, age } = clocks()
  const first = age.moment()
  time.steady += 100
  time.wall += 100
  age.renew(age.moment(), 86_400_000)
  expect(age.value).toBe(0)
  age.renew(first, 50)
  expect(age.value).toBe(0)
  time.steady += 10
  time.wall += 10
  expect(age.value).toBe(10)
  // On neither clock.
  time.wall -= 600_000
  expect(age.value).toBe(10)
  time.wall += 600_050
  expect(age.value).toBe(60)
})

test('an attempt is for all who ask within a second, unless the computer slept meanwhile', async () => {
  const { time, age } = clocks()
  let attempts = 0
  const catchUp = catchingUp(async () => {
    attempts += 1
    age.renew(age.moment())
  }, age)
  await Promise.all([catchUp(), catchUp()])
  await catchUp()
  expect(attempts).toBe(1)
  time.wall += 60_000
  await Promise.all([catchUp(), catchUp()])
  expect([attempts, age.value]).toEqual([2, 0])
})

test('nobody waits for ever', async () => {
  const { age } = clocks()
  await catchingUp(() => new Promise(() => {}), age)()
  expect(age.value).toBe(Infinity)
})
