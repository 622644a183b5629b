import { type } from 'arktype'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { toJsonSchema, whyUndescribed } from './json-schema.ts'
import type { Schema } from './schema.ts'

const libraries: Readonly<Record<string, Schema>> = {
  zod: z.object({ name: z.string(), age: z.int().optional() }),
  'zod/mini': mini.object({ name: mini.string(), age: mini.optional(mini.int()) }),
  valibot: v.object({ name: v.string(), age: v.optional(v.pipe(v.number(), v.integer())) }),
  'valibot, wrapped': toStandardJsonSchema(
    v.object({ name: v.string(), age: v.optional(v.pipe(v.number(), v.integer())) }),
  ),
  arktype: type({ name: 'string', 'age?': 'number.integer' }),
}

test.each(Object.entries(libraries))('%s schemas are described alike', (_, schema) => {
  for (const direction of ['input', 'output'] as const) {
    expect(toJsonSchema(schema, direction)).toMatchObject({
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name'],
    })
    expect(toJsonSchema(schema, direction)).not.toHaveProperty('$schema')
  }
})

const dates: Readonly<Record<string, Schema>> = {
  zod: z.object({ at: z.date() }),
  'zod/mini': mini.object({ at: mini.date() }),
  valibot: v.object({ at: v.date() }),
  'valibot, wrapped': toStandardJsonSchema(v.object({ at: v.date() })),
  arktype: type({ at: 'Date' }),
}

test.each(Object.entries(dates))('a Date of %s is described as the text it travels as', (_, schema) => {
  for (const direction of ['input', 'output'] as const) {
    expect(toJsonSchema(schema, direction)).toMatchObject({
      properties: { at: { type: 'string', format: 'date-time' } },
    })
  }
})

test('input and output differ where a value is filled in or transformed', () => {
  const schema = z.object({ size: z.number().default(3), length: z.string().pipe(z.coerce.number()) })
  expect(toJsonSchema(schema, 'input')).toMatchObject({
    properties: { length: { type: 'string' } },
    required: ['length'],
  })
  expect(toJsonSchema(schema, 'output')).toMatchObject({
    properties: { length: { type: 'number' } },
    required: ['size', 'length'],
  })
})

test('what only makes the document longer is left out, and strictness is not', () => {
  const name = { name: z.string().regex(/^a/) }
  const plain = z.object({
    ...name,
    mail: z.email(),
    at: z.iso.datetime(),
    id: z.uuid(),
    count: z.int().min(1),
  })
  expect(toJsonSchema(plain, 'output')).toEqual({
    type: 'object',
    properties: {
      name: { type: 'string', pattern: '^a' },
      mail: { type: 'string', format: 'email' },
      at: { type: 'string', format: 'date-time' },
      id: { type: 'string', format: 'uuid' },
      count: { type: 'integer', minimum: 1 },
    },
    required: ['name', 'mail', 'at', 'id', 'count'],
  })
  expect(toJsonSchema(z.strictObject(name), 'input')).toMatchObject({ additionalProperties: false })
  expect(toJsonSchema(z.looseObject(name), 'output')).toMatchObject({ additionalProperties: {} })
})

test('a part that has no JSON Schema is left open, and the rest is still described', () => {
  const schema = z.object({ big: z.bigint(), name: z.string() })
  expect(toJsonSchema(schema, 'input')).toMatchObject({ properties: { big: {}, name: { type: 'string' } } })
  expect(whyUndescribed(schema, 'input')).toBe(undefined)
})

test('a TypeBox schema is a JSON Schema already', () => {
  const validate = (value: unknown) => ({ value })
  const schema = {
    type: 'integer',
    minimum: 1,
    '~standard': { version: 1, vendor: 'typebox', validate },
  } as const
  expect(toJsonSchema(schema, 'input')).toEqual({ type: 'integer', minimum: 1 })
})

test('a library that does not speak JSON Schema is named as the reason', () => {
  const schema: Schema = { '~standard': { version: 1, vendor: 'yup', validate: (value) => ({ value }) } }
  expect(toJsonSchema(schema, 'input')).toBe(undefined)
  expect(whyUndescribed(schema, 'input')).toBe('its library (yup) does not speak Standard JSON Schema')
})

test('a schema whose conversion fails is not described, and says why', () => {
  const jsonSchema = {
    input: () => {
      throw new Error('unit is not representable')
    },
    output: () => ({ type: 'string' }),
  }
  const standard = {
    version: 1,
    vendor: 'own',
    validate: (value: unknown) => ({ value }),
    jsonSchema,
  } as const
  const schema: Schema = { '~standard': standard }
  expect(toJsonSchema(schema, 'input')).toBe(undefined)
  expect(whyUndescribed(schema, 'input')).toBe('unit is not representable')
  expect(toJsonSchema(schema, 'output')).toEqual({ type: 'string' })
})

test('a schema is described once', () => {
  const schema = z.object({ name: z.string() })
  expect(toJsonSchema(schema, 'input')).toBe(toJsonSchema(schema, 'input'))
})
