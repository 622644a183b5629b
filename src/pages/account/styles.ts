/** What the account pages add to the style sheet. */

/** Lists with a form in each row, and a navigation that wraps where the screen is narrow. */
export const accountStyles = `main.wide { max-width: 40rem; }
nav { width: 100%; max-width: 56rem; margin-bottom: 1rem; }
nav p { margin: 0 0 0.5rem; text-align: center; }
nav ul { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.25rem; margin: 0; padding: 0; list-style: none; }
nav a {
  display: block;
  padding: 0.5rem 0.75rem;
  border: 1px solid transparent;
  border-radius: 0.6rem;
  color: var(--text);
  text-decoration: none;
}
nav a:hover { text-decoration: underline; }
nav a[aria-current] { background: var(--card); border-color: var(--line); font-weight: 600; }
.notice { margin: 1rem 0; padding: 0.7rem 0.9rem; border-radius: 0.6rem; color: var(--good); background: var(--good-soft); }
.hint { margin: -0.8rem 0 1.1rem; font-size: 0.9rem; color: var(--quiet); }
.last { margin-bottom: 0; }
form + .last { margin-top: 1rem; }
ul.rows { margin: 1.25rem 0 0; padding: 0; list-style: none; }
ul.rows > li { padding: 1.1rem 0; border-top: 1px solid var(--line); }
ul.rows > li:last-child { padding-bottom: 0; }
ul.rows h2 { margin: 0 0 0.35rem; font-size: 1.05rem; }
ul.rows dl { margin: 0.75rem 0 0; }
ul.rows form { margin-top: 0.9rem; }
ul.rows + form, ul.rows + .quiet { margin-top: 1.25rem; }
svg.qr { display: block; width: 15rem; max-width: 100%; margin: 1rem 0; }
ul.sections p { margin: 0; }
ul.sections a { font-weight: 600; }
button.danger { color: #ffffff; background: #a3201b; }
@media (min-width: 30rem) { main.wide button { width: auto; min-width: 10rem; } }
@media (prefers-color-scheme: dark) { button.danger { border-color: #ffb3ad; } }
`
