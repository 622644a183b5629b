/** The item of `POST /items`, for contenders that validate by JSON Schema. */

export const itemSchema = {
  type: 'object',
  required: ['name', 'price'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 100 },
    price: { type: 'number', minimum: 0 },
    tags: { type: 'array', items: { type: 'string' }, default: [] },
  },
}
