/** Whether something grows, told from what was measured of it over time. */

/** What was measured: one value for each span of time, all spans equally long. */
export interface Series {
  readonly name: string
  readonly values: readonly number[]
  /** More than this, in the unit of the values, or it is no growth. */
  readonly floor: number
  /** What stands for the second quarter and for the last; the median of each unless told. */
  readonly of?: readonly [before: Figure, after: Figure]
}

/** One number for many. */
export type Figure = (values: readonly number[]) => number

/** What it says. */
export interface Trend {
  readonly name: string
  /** In the second quarter of the time: what is made once is made by then. */
  readonly before: number
  /** In the last quarter. */
  readonly after: number
  readonly grows: boolean
}

/** How much more is growth: a tenth of what was there. */
const share = 0.1

/** Medians of whole quarters: one odd moment, or a saw's teeth, are no growth. */
export function trendOf({ name, values, floor, of = [median, median] }: Series): Trend {
  const quarter = values.length / 4
  const before = of[0](values.slice(Math.floor(quarter), Math.floor(2 * quarter)))
  const after = of[1](values.slice(Math.floor(3 * quarter)))
  return { name, before, after, grows: after - before > Math.max(floor, before * share) }
}

/** The smallest. */
export function least(values: readonly number[]): number {
  return Math.min(...values)
}

/** The largest. */
export function most(values: readonly number[]): number {
  return Math.max(...values)
}

/** The value in the middle; of an even number the mean of both. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5, true)) / 2
}

/** The value below which this part of all lies. */
export function quantile(values: readonly number[], part: number, isLower = false): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = isLower ? Math.ceil(sorted.length * part) - 1 : Math.floor(sorted.length * part)
  return sorted[Math.min(sorted.length - 1, Math.max(0, place))] ?? 0
}
