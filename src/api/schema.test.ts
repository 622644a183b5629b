import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { pathOf, validate, type Schema } from './schema.ts'

const libraries: Readonly<Record<string, Schema>> = {
  zod: z.object({ tags: z.array(z.string()) }),
  valibot: v.object({ tags: v.array(v.string()) }),
  arktype: type({ tags: 'string[]' }),
}

test.each(Object.entries(libraries))(
  '%s answers at once, with the value or where it is wrong',
  (_, schema) => {
    expect(validate(schema, { tags: ['a'] })).toEqual({ value: { tags: ['a'] } })
    const wrong = validate(schema, { tags: ['a', 7] })
    if (wrong instanceof Promise || !wrong.issues) throw new Error('expected issues, at once')
    expect(wrong.issues.map(pathOf)).toEqual([['tags', 1]])
  },
)

test('an asynchronous schema answers with a promise', async () => {
  const schema = z.string().refine(async (text) => text !== 'taken')
  expect(await validate(schema, 'free')).toEqual({ value: 'free' })
  expect(await validate(schema, 'taken')).toMatchObject({ issues: [{ message: 'Invalid input' }] })
})

test('a list of issues means refusal even when it is empty', () => {
  const schema: Schema = {
    '~standard': { version: 1, vendor: 'own', validate: () => ({ issues: [] }) },
  }
  expect(validate(schema, 'anything')).toEqual({ issues: [] })
})
