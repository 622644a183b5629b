/** Text for a terminal: tables, lists of fields, lines of a bearable length. */

const lineLength = 92

/** A table whose first row is its head; every column as wide as its longest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** A name and a value a line; what has no value is left out. */
export function fields(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const given = pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]))
  return table(given)
}

/** Two columns, the second one wrapped. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string {
  return rows
    .map(([left, right]) => {
      const lines = wrapped(right, lineLength - width).split('\n')
      const indent = `\n${' '.repeat(width)}`
      return left.length >= width
        ? `${left}${indent}${lines.join(indent)}\n`
        : `${left.padEnd(width)}${lines.join(indent)}\n`
    })
    .join('')
}

/** Text in lines of at most so many characters. */
export function wrapped(text: string, length: number = lineLength): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length + 1 > length) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}

/** For programs. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** A moment, in milliseconds since 1970, to the second and without doubt about the zone. */
export function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** `1 route`, `2 routes`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`
}
