/** What is growth, and what only looks like it. */

import { expect, test } from 'vitest'
import { least, median, most, trendOf } from './growth.ts'

const spans = Array.from({ length: 16 }, (_, index) => index)
const grows = (value: (span: number) => number, floor = 5): boolean =>
  trendOf({ name: 'x', values: spans.map(value), floor }).grows

test('what gets more and more grows', () => {
  expect(grows((span) => 100 + 3 * span)).toBe(true)
  expect(grows((span) => 100 + 20 * Math.sqrt(span))).toBe(true)
  // Also when it is thrown down now and then, and not all the way.
  expect(grows((span) => 100 + 5 * span + (span % 4) * 10)).toBe(true)
})

test('what is made once, a saw, an odd moment and a little do not', () => {
  expect(grows((span) => (span < 4 ? 10 * span : 100))).toBe(false)
  expect(grows((span) => 100 + (span % 4) * 50)).toBe(false)
  expect(grows((span) => (span === 14 ? 10_000 : 100))).toBe(false)
  expect(grows((span) => 100 + 0.9 * span)).toBe(false)
  expect(grows((span) => 10 + 0.5 * span, 5)).toBe(false)
  expect(grows((span) => 500 - 10 * span)).toBe(false)
})

test('of waiting only what is beyond all that was there before is growth: machines are busy now and then', () => {
  const noise = [0, 80, 10, 200]
  const waiting = (value: (span: number) => number): boolean =>
    trendOf({ name: 'p99', values: spans.map(value), floor: 25, of: [most, least] }).grows
  expect(waiting((span) => 40 + (span >= 8 ? 3 : 1) * (noise[span % 4] ?? 0))).toBe(false)
  expect(waiting((span) => (span >= 12 ? 90 : 40) + (noise[span % 4] ?? 0))).toBe(false)
  expect(waiting((span) => 40 + 10 * span + (noise[span % 4] ?? 0) / 10)).toBe(true)
})

test('a trend says what it was told from', () => {
  const trend = trendOf({ name: 'rows', values: [0, 1, 10, 20, 30, 40, 100, 200], floor: 1 })
  expect(trend).toEqual({ name: 'rows', before: 15, after: 150, grows: true })
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, 0])
})
