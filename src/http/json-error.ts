/** Where a text stops being JSON, and why, without quoting it. */

/** A place in a broken JSON text. */
export interface JsonError {
  /** In UTF-16 code units from the beginning. */
  readonly position: number
  readonly message: string
}

/**
 * Finds the first fault of a text that `JSON.parse` refused (RFC 8259). Only runs then, so it may take its time; it
 * keeps its own stack, so depth costs no recursion.
 */
export function locateJsonError(text: string): JsonError {
  const open: ('array' | 'object')[] = []
  let at = skipSpace(text, 0)
  let wants: 'value' | 'value or end' | 'name' | 'name or end' | 'next' = 'value'

  for (;;) {
    at = skipSpace(text, at)
    const char = text[at]
    if (wants === 'next') {
      const inside = open.at(-1)
      if (inside === undefined) {
        return at < text.length ? fault(at, 'Extra data') : fault(at, 'Expecting value')
      }
      if (char === (inside === 'array' ? ']' : '}')) {
        open.pop()
        at++
      } else if (char === ',') {
        wants = inside === 'array' ? 'value' : 'name'
        at++
      } else {
        return fault(at, "Expecting ',' delimiter")
      }
    } else if (wants === 'name' || wants === 'name or end') {
      if (char === '}' && wants === 'name or end') {
        open.pop()
        at++
        wants = 'next'
      } else if (char !== '"') {
        return fault(at, 'Expecting property name enclosed in double quotes')
      } else {
        const name = scanString(text, at)
        if (typeof name !== 'number') return name
        at = skipSpace(text, name)
        if (text[at] !== ':') return fault(at, "Expecting ':' delimiter")
        at++
        wants = 'value'
      }
    } else if (char === ']' && wants === 'value or end') {
      open.pop()
      at++
      wants = 'next'
    } else if (char === '[' || char === '{') {
      open.push(char === '[' ? 'array' : 'object')
      at++
      wants = char === '[' ? 'value or end' : 'name or end'
    } else if (char === '"') {
      const value = scanString(text, at)
      if (typeof value !== 'number') return value
      at = value
      wants = 'next'
    } else {
      scalar.lastIndex = at
      if (!scalar.test(text)) return fault(at, 'Expecting value')
      at = scalar.lastIndex
      wants = 'next'
    }
  }
}

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** The index after the string that starts here, or what is wrong with it. */
function scanString(text: string, start: number): number | JsonError {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '"') return at + 1
    if (char === '\\') {
      escape.lastIndex = at
      if (!escape.test(text)) return fault(at, 'Invalid escape sequence')
      at = escape.lastIndex - 1
    } else if (text.charCodeAt(at) < 0x20) {
      return fault(at, 'Invalid control character')
    }
  }
  return fault(start, 'Unterminated string')
}

const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return at
}

function fault(position: number, message: string): JsonError {
  return { position, message }
}
