/** What the admin pages add to the style sheet: lists whose rows wrap where the screen is narrow, and more kinds of fields. */
export const adminStyles = `main.wide { max-width: 40rem; }
.admin-nav { width: 100%; max-width: 40rem; margin: 0 0 1rem; text-align: center; font-size: 0.95rem; }
.admin-nav ul { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.25rem; margin: 0; padding: 0; list-style: none; }
.admin-nav a { color: var(--text); }
.admin-nav ul a { display: block; padding: 0.5rem 0.75rem; border: 1px solid transparent; border-radius: 0.6rem; text-decoration: none; }
.admin-nav ul a:hover { text-decoration: underline; }
.admin-nav ul a[aria-current] { background: var(--card); border-color: var(--line); font-weight: 600; }
.admin-nav p { margin: 0.5rem 0 0; color: var(--quiet); }
.admin-nav p a { display: inline; padding: 0; border: 0; text-decoration: underline; }
.admin .done { margin: 1rem 0; padding: 0.7rem 0.9rem; border-radius: 0.6rem; background: var(--soft); border: 1px solid var(--line); }
.admin .alert span { display: block; }
.admin section { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.admin section h2 { margin-top: 0; font-size: 1.05rem; }
.admin section form { margin-top: 0.9rem; }
ul.entries { margin: 1.25rem 0 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 0.75rem; }
ul.entries > li { display: flex; flex-wrap: wrap; gap: 0.35rem 0.9rem; align-items: center; padding: 0.7rem 0.9rem; }
ul.entries > li + li { border-top: 1px solid var(--line); }
ul.entries form { margin: 0; }
ul.entries .grow { flex: 1 1 12rem; min-width: 0; }
ul.entries a { font-weight: 600; }
ul.entries details { flex-basis: 100%; margin: 0; padding: 0; border: 0; font-size: 0.9rem; }
ul.parts .grow { flex-basis: 100%; }
.admin .line { display: block; font-size: 0.9rem; }
.admin .off { color: var(--alert); background: var(--alert-soft); }
.admin .more { margin: 1.25rem 0 0; }
.admin textarea, .admin select {
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
.admin textarea { display: block; resize: vertical; }
.admin .tip { margin: -0.8rem 0 1.1rem; font-size: 0.9rem; color: var(--quiet); }
.admin fieldset { margin: 0 0 1.1rem; padding: 0.6rem 0.9rem; border: 1px solid var(--line); border-radius: 0.75rem; min-width: 0; }
.admin legend { padding: 0 0.35rem; font-weight: 500; }
.admin .tick { display: flex; gap: 0.6rem; align-items: flex-start; margin: 0 0 0.6rem; font-weight: 400; }
.admin form > .tick { margin-bottom: 1.1rem; }
.admin .tick input { flex: none; width: 1.15rem; height: 1.15rem; margin: 0.2rem 0 0; accent-color: var(--accent); }
.admin .tick span { min-width: 0; }
.admin .tick code { color: var(--quiet); }
.admin .search > div { display: flex; flex-wrap: wrap; gap: 0.75rem; }
.admin .search input { flex: 1 1 12rem; width: auto; margin: 0; }
.admin .filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0 0.75rem; }
.admin details { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 1rem; color: var(--text); }
.admin details > summary { font-weight: 600; }
.admin .once { padding: 0.9rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--soft); font-size: 1.1rem; }
.admin button { width: auto; min-width: 8rem; }
ul.entries button { min-width: 0; min-height: 2.4rem; padding: 0.3rem 0.8rem; font-size: 0.95rem; }
.admin button.danger { color: #ffffff; background: #a3201b; }
@media (prefers-color-scheme: dark) { .admin button.danger { border-color: #ffb3ad; } }
@media (max-width: 24rem) { .admin button { width: 100%; } ul.entries button { width: auto; } }
`
