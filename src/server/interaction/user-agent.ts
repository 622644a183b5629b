/** What a `User-Agent` header says of a browser, in words that people know: a guess, as everybody sends what they like. */

/** The first that fits counts: most browsers say that they are others as well. */
const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|Opera|OPT)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMacintosh\b|\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** The browser and the system of a header; what it does not say is missing. */
export function readUserAgent(header: string | undefined): {
  readonly browser?: string | undefined
  readonly system?: string | undefined
} {
  // More is not kept, and nothing here looks at a text of any length.
  const text = header?.slice(0, 300) ?? ''
  const first = (names: typeof browsers): string | undefined =>
    names.find(([pattern]) => pattern.test(text))?.[1]
  return { browser: first(browsers), system: first(systems) }
}
