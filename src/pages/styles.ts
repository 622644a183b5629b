/** The style sheet of the pages: one for all, light and dark, from 320 pixels up. */

import { accountStyles } from './account/styles.ts'

/** The brand's part of it. */
export interface Brand {
  /** Of buttons and links, as `#rrggbb`: dark enough to have white text on it. `#2f5bea` unless told. */
  readonly accent?: string
}

/**
 * Writes the style sheet.
 *
 * @throws {TypeError} When the accent is no colour of the form `#rrggbb`: it goes into the style sheet as it is.
 */
export function stylesOf({ accent = '#2f5bea' }: Brand = {}): string {
  if (!/^#[0-9a-f]{6}$/i.test(accent)) {
    throw new TypeError('defaultPages: the option brand.accent must be a colour such as #2f5bea')
  }
  return `:root {
  color-scheme: light dark;
  --accent: ${accent};
  --link: ${accent};
  --on-accent: #ffffff;
  --page: #f3f5f9;
  --card: #ffffff;
  --text: #171b26;
  --quiet: #565e70;
  --line: #d5dae4;
  --field: #ffffff;
  --field-line: #7d8699;
  --soft: #f3f5f9;
  --alert: #a3201b;
  --alert-soft: #fdeeed;
  --warn: #6b4a00;
  --warn-soft: #fff4d9;
  --good: #14532d;
  --good-soft: #e6f5ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --link: #a9bdff;
    --page: #0e1118;
    --card: #181d28;
    --text: #eceff6;
    --quiet: #a9b1c3;
    --line: #323a4b;
    --field: #10141d;
    --field-line: #78829a;
    --soft: #10141d;
    --alert: #ffb3ad;
    --alert-soft: #3a1a1a;
    --warn: #ffd98a;
    --warn-soft: #33270b;
    --good: #9be3b4;
    --good-soft: #10291a;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body {
  margin: 0;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  align-items: center;
  padding: clamp(1rem, 8vh, 5rem) 1rem 2rem;
  background: var(--page);
  color: var(--text);
  overflow-wrap: anywhere;
}
header { margin-bottom: 1.25rem; font-weight: 600; color: var(--quiet); text-align: center; }
main {
  width: 100%;
  max-width: 26.5rem;
  padding: clamp(1.25rem, 5vw, 2.25rem);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
  box-shadow: 0 1px 2px rgb(20 28 50 / 6%), 0 12px 32px rgb(20 28 50 / 8%);
}
h1 { margin: 0 0 0.35rem; font-size: 1.45rem; line-height: 1.25; letter-spacing: -0.01em; }
h2 { margin: 1.5rem 0 0.5rem; font-size: 0.95rem; }
p { margin: 0 0 1rem; }
a { color: var(--link); }
.quiet { color: var(--quiet); }
form { margin: 1.25rem 0 0; }
form + form { margin-top: 0.75rem; }
label { display: block; margin: 0 0 0.35rem; font-weight: 500; }
input[type="text"], input[type="password"], input[type="email"] {
  width: 100%;
  min-height: 2.9rem;
  margin: 0 0 1.1rem;
  padding: 0.55rem 0.8rem;
  font: inherit;
  color: inherit;
  background: var(--field);
  border: 1px solid var(--field-line);
  border-radius: 0.6rem;
}
input[aria-invalid="true"] { border-color: var(--alert); }
input.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: 0.12em; text-transform: uppercase; }
input.code[autocapitalize="none"] { text-transform: none; }
p.code { margin: 0.25rem 0 0.75rem; font: 600 1.6rem/1.3 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: 0.08em; }
button {
  width: 100%;
  min-height: 2.9rem;
  padding: 0.55rem 1rem;
  font: inherit;
  font-weight: 600;
  border: 1px solid transparent;
  border-radius: 0.6rem;
  cursor: pointer;
  color: var(--on-accent);
  background: var(--accent);
}
a.button {
  display: block;
  padding: 0.7rem 1rem;
  border: 1px solid var(--field-line);
  border-radius: 0.6rem;
  color: var(--text);
  font-weight: 500;
  text-align: center;
  text-decoration: none;
}
a.primary {
  margin-top: 1.25rem;
  font-weight: 600;
  color: var(--on-accent);
  background: var(--accent);
  border-color: var(--accent);
}
.under { margin: 0.75rem 0 0; }
.under + form { margin-top: 0.75rem; }
.hint { margin: -0.7rem 0 1.1rem; font-size: 0.9rem; color: var(--quiet); }
button:hover, a.button:hover { filter: brightness(1.08); }
button.other { color: var(--text); background: transparent; border-color: var(--field-line); font-weight: 500; }
a.button.strong { color: var(--on-accent); background: var(--accent); border-color: transparent; font-weight: 600; }
section { margin-top: 1.5rem; padding-top: 1.1rem; border-top: 1px solid var(--line); }
section h2 { margin-top: 0; }
section form { margin-top: 0.9rem; }
details.way { margin-top: 1.25rem; font-size: 1rem; }
.key { padding: 0.7rem 0.9rem; border-radius: 0.6rem; background: var(--soft); font-size: 1.1rem; }
ol.codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: 0.35rem 1.5rem; margin: 1rem 0; padding-left: 2rem; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; }
.buttons button { flex: 1 1 9rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.alert, .warning { margin: 1rem 0; padding: 0.7rem 0.9rem; border-radius: 0.6rem; }
.alert { color: var(--alert); background: var(--alert-soft); }
.warning { color: var(--warn); background: var(--warn-soft); }
.mark {
  display: inline-block;
  padding: 0 0.5rem;
  font-size: 0.8rem;
  font-weight: 600;
  border-radius: 1rem;
  color: var(--warn);
  background: var(--warn-soft);
}
ul.scopes { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 0.75rem; }
ul.scopes > li { padding: 0.75rem 0.9rem; }
ul.scopes > li + li { border-top: 1px solid var(--line); }
details { margin-top: 0.35rem; font-size: 0.9rem; color: var(--quiet); }
summary { cursor: pointer; padding: 0.15rem 0; }
details ul { margin: 0.35rem 0 0; padding-left: 1.1rem; }
details li + li { margin-top: 0.35rem; }
details code { display: block; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: 0.35rem 1rem; margin: 1.25rem 0 0; font-size: 0.95rem; }
dt { color: var(--quiet); }
dd { margin: 0; font-weight: 500; }
footer { display: flex; flex-wrap: wrap; gap: 0.35rem 1rem; margin-top: 1.25rem; font-size: 0.9rem; }
@media (max-width: 24rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 0.5rem; } }
@media (prefers-contrast: more) { main, input, button { border-color: currentcolor; } }
${accountStyles}`
}
