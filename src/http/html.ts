/** The `html` tag: every value is escaped, and {@link Html} is the only way past it. */

/** Markup that is known to be safe. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  /** Takes markup as it is. Whoever calls this vouches for it. */
  static raw(markup: string): Html {
    return new Html(markup)
  }

  toString(): string {
    return this.#markup
  }
}

/** What a template may contain. `undefined`, `null` and `false` show nothing. */
export type HtmlValue = string | number | bigint | boolean | null | undefined | Html | readonly HtmlValue[]

/**
 * Builds markup. Values are escaped for text and for quoted attributes; write attributes in quotes.
 *
 * @example
 *
 * ```ts
 * html`<p title="${name}">Hello ${name}</p>`.toString()
 * ```
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0] ?? ''
  for (const [index, value] of values.entries()) markup += shown(value) + (strings[index + 1] ?? '')
  return Html.raw(markup)
}

/** Takes markup as it is; the same as {@link Html.raw}. */
export function raw(markup: string): Html {
  return Html.raw(markup)
}

/**
 * JSON that can stand inside a `<script type="application/json">` element: nothing in it can end the element or begin a
 * comment, and it is still the same JSON.
 */
export function jsonForScript(value: unknown): Html {
  const json = JSON.stringify(value) ?? 'null'
  return Html.raw(
    json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** Escapes text for HTML, attributes in quotes included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function shown(value: HtmlValue): string {
  if (value === undefined || value === null || typeof value === 'boolean') return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(shown).join('')
  return escapeHtml(String(value))
}
