import { type } from 'arktype'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { coercer, fieldsCoercer } from './coercion.ts'
import { toJsonSchema } from './json-schema.ts'
import type { Schema } from './schema.ts'

const one = (schema: object, ...raw: string[]): unknown => coercer(schema as never)(raw)
const by = (schema: Schema, ...raw: string[]): unknown => coercer(toJsonSchema(schema, 'input'))(raw)

test.each([
  ['7', 7],
  ['-0.5', -0.5],
  ['007', 7],
  ['1e3', 1000],
  ['1E-3', 0.001],
  ['9007199254740991', 9007199254740991],
])('%j is a number', (text, number) => {
  expect(one({ type: 'number' }, text)).toBe(number)
})

test.each(
  '|0x10|0b1|0o7| 7 |7 |\t7|1e999|-1e999|NaN|Infinity|1_000|1,5|1.|.5|+7|--7|7n|٧|9007199254740993|1e|e1'.split(
    '|',
  ),
)('%j is not a number and stays text, for the validator to word the error', (text) => {
  expect(one({ type: 'number' }, text)).toBe(text)
  expect(one({ type: 'integer' }, text)).toBe(text)
})

test('an integer has no exponent; a fraction is passed on as the number it is', () => {
  expect(one({ type: 'integer' }, '1e3')).toBe('1e3')
  expect(one({ type: 'integer' }, '7.0')).toBe(7)
  expect(one({ type: 'integer' }, '7.5')).toBe(7.5)
  expect(one({ type: 'integer' }, '9007199254740993.0')).toBe('9007199254740993.0')
})

test('no two whole numbers beyond 2^53 become the same number', () => {
  fc.assert(
    fc.property(fc.bigInt(), (number) => {
      const text = String(number)
      expect(String(one({ type: 'number' }, text))).toBe(text)
    }),
  )
})

test('every JSON number that is finite and exact is read as JSON reads it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      fc.pre(!Number.isInteger(number) || Number.isSafeInteger(number))
      const text = JSON.stringify(number)
      expect(one({ type: 'number' }, text)).toBe(JSON.parse(text))
    }),
  )
})

test.each('true|1|on|yes|t|y|TRUE|True|Yes'.split('|'))('%j is true', (text) => {
  expect(one({ type: 'boolean' }, text)).toBe(true)
})

test.each('false|0|off|no|f|n|FALSE|No'.split('|'))('%j is false', (text) => {
  expect(one({ type: 'boolean' }, text)).toBe(false)
})

test.each('|2|truee| true|null|constructor|__proto__'.split('|'))(
  '%j is no boolean and stays text',
  (text) => {
    expect(one({ type: 'boolean' }, text)).toBe(text)
  },
)

test('the empty text stays the empty text, and there is no spelling of null', () => {
  expect(one({ type: 'string' }, '')).toBe('')
  expect(one({ type: ['number', 'null'] }, '')).toBe('')
  expect(one({ type: ['number', 'null'] }, 'null')).toBe('null')
  expect(one({ type: 'string' }, 'null')).toBe('null')
})

test('of a repeated parameter the last counts, as in FastAPI, unless a list is asked for', () => {
  expect(one({ type: 'integer' }, '1', '2')).toBe(2)
  expect(one({ type: 'array', items: { type: 'integer' } }, '1', '2')).toEqual([1, 2])
  expect(one({ type: 'array', items: { type: 'integer' } }, '1')).toEqual([1])
  expect(one({ type: ['array', 'null'], items: { type: 'integer' } }, '1')).toEqual([1])
})

test('where one value or a list is accepted, one value is not wrapped', () => {
  const schema = { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'boolean' } }] }
  expect(one(schema, '1')).toBe(1)
  expect(one(schema, '1', '0')).toEqual([true, false])
})

test('a tuple has a type for each place', () => {
  const schema = {
    type: 'array',
    prefixItems: [{ type: 'string' }, { type: 'integer' }],
    items: { type: 'boolean' },
  }
  expect(one(schema, '1', '1', '1')).toEqual(['1', 1, true])
})

test('text that is welcome as text stays text', () => {
  expect(one({ type: ['number', 'string'] }, '7')).toBe('7')
  expect(one({ anyOf: [{ type: 'boolean' }, { type: 'string' }] }, 'true')).toBe('true')
  expect(one({}, '7')).toBe('7')
  expect(coercer(undefined)(['1', '7'])).toBe('7')
})

test('a format that no number has leaves the numbers to the number', () => {
  const schema = { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'integer' }] }
  expect(one(schema, '7')).toBe(7)
  expect(one(schema, '7f1c')).toBe('7f1c')
})

test('the listed values of an enumeration come first, texts before the others', () => {
  expect(one({ enum: [1, 2, 'all'] }, '1')).toBe(1)
  expect(one({ enum: [1, 2, 'all'] }, 'all')).toBe('all')
  expect(one({ enum: [1, '1'] }, '1')).toBe('1')
  expect(one({ enum: [1, 2] }, '3')).toBe('3')
  expect(one({ const: true }, 'true')).toBe(true)
  expect(one({ type: 'string', enum: ['1', '2'] }, '1')).toBe('1')
  expect(one({ anyOf: [{ type: 'number' }, { const: '7' }] }, '7')).toBe('7')
  expect(one({ anyOf: [{ type: 'number' }, { const: 'all' }] }, '7')).toBe(7)
})

test('references, compositions and circles are followed', () => {
  const $defs = {
    'a/b': { type: 'integer' },
    loop: { anyOf: [{ $ref: '#/$defs/loop' }, { type: 'boolean' }] },
  }
  expect(one({ $ref: '#/$defs/a~1b', $defs }, '7')).toBe(7)
  expect(one({ $ref: '#/$defs/loop', $defs }, 'on')).toBe(true)
  expect(one({ type: 'array', items: { $ref: '#' } }, '1')).toEqual(['1'])
  expect(one({ allOf: [{ type: 'number' }, { description: 'x' }] }, '7')).toBe(7)
  expect(one({ allOf: [{ type: ['number', 'string'] }, { type: ['integer', 'boolean'] }] }, '7')).toBe(7)
  expect(one({ $ref: '#/constructor' }, '7')).toBe('7')
  expect(one({ $ref: 'https://other.example/schema' }, '7')).toBe('7')
})

test('Zod, zod/mini, Valibot and ArkType schemas coerce alike, without coercing schemas of their own', () => {
  for (const schema of [z.int(), mini.int(), v.pipe(v.number(), v.integer()), type('number.integer')]) {
    expect(by(schema, '7')).toBe(7)
  }
  for (const schema of [z.boolean(), mini.boolean(), v.boolean(), type('boolean')]) {
    expect(by(schema, 'yes')).toBe(true)
  }
  for (const schema of [
    z.array(z.number()),
    mini.array(mini.number()),
    v.array(v.number()),
    type('number[]'),
  ]) {
    expect(by(schema, '7')).toEqual([7])
  }
  for (const schema of [z.string(), mini.string(), v.string(), type('string')])
    expect(by(schema, '7')).toBe('7')
})

test('defaults, optional and nullable schemas coerce like what is inside', () => {
  expect(by(z.number().default(3), '7')).toBe(7)
  expect(by(z.number().nullable().optional(), '7')).toBe(7)
  expect(by(z.array(z.boolean()).default([]), 'on')).toEqual([true])
  expect(by(v.optional(v.number(), 3), '7')).toBe(7)
  expect(by(z.array(z.int()).and(z.array(z.number())), '7')).toEqual([7])
})

test('the fields of a form are coerced by the properties of its schema, wherever they are written', () => {
  const Page = z.object({ page: z.int(), tag: z.array(z.string()), note: z.string().optional() })
  const schema = toJsonSchema(Page.meta({ id: 'CoercedPage' }), 'input')
  const file = new File(['x'], 'x.txt')
  const fields = fieldsCoercer(schema)([
    ['page', '2'],
    ['tag', '7'],
    ['note', '8'],
    ['extra', '9'],
    ['upload', file],
  ])
  expect(fields).toEqual({ page: 2, tag: ['7'], note: '8', extra: '9', upload: file })
})

test('SECURITY 291: fields named like parts of a prototype change nothing', () => {
  const coerce = fieldsCoercer({ type: 'object', properties: { constructor: { type: 'integer' } } })
  const fields = coerce(new URLSearchParams('__proto__=1&constructor=7&toString=x'))
  expect(Object.getPrototypeOf(fields)).toBe(Object.prototype)
  expect(Object.getPrototypeOf(Object.assign({}, fields))).toBe(Object.prototype)
  expect(Object.hasOwn(fields, '__proto__')).toBe(false)
  expect(fields).toEqual({ constructor: 7, toString: 'x' })
  expect(({} as Record<string, unknown>)['x']).toBe(undefined)
})

test('SECURITY 293: no text is read more than once or twice, however long', () => {
  // A pattern that backtracks would outlast the test's time limit a hundred times over.
  const long = 1e6
  for (const text of ['1'.repeat(long), `${'1'.repeat(long)}x`, '-'.repeat(long), '1e'.repeat(long)]) {
    expect(one({ type: 'number' }, text)).toBe(text)
    expect(one({ type: 'boolean' }, text)).toBe(text)
  }
})
