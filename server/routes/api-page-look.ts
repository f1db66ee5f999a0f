/** The look of the API's page. It stands in the page itself, so that it is one file; its hash lets it through the policy. */
export const LOOK = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --ink: #1b2a2f; --dim: #55646a; --line: #dfe3e1; --code: #f1f4f2;
  --link: #0b5e8a; --get: #0b6e4f; --post: #0b5e8a; --patch: #7a4d00; --delete: #a62323;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11191c; --card: #172226; --ink: #e6eeec; --dim: #a3b4b6; --line: #2b3a3f; --code: #0c1315;
    --link: #7cc4ee; --get: #6fd3ac; --post: #7cc4ee; --patch: #efbd6b; --delete: #ff9d93;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px / 1.6 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
:target { scroll-margin-top: 1rem; }
h1, h2, h3, h4, p, ul, dl, dd, pre { margin: 0; padding: 0; }
h1 { font-size: 1.7rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin-top: 3.5rem; font-size: 1.35rem; line-height: 1.25; }
h3 { font-size: 1.05rem; line-height: 1.4; }
h4 { margin-top: 1.1rem; color: var(--dim); font-size: 0.85rem; font-weight: 600; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: 0.875em; }
pre code { font-size: inherit; }
p code, li code, dd code { padding: 0.1em 0.3em; border-radius: 4px; background: var(--code); }
pre {
  margin-top: 0.35rem; padding: 0.75rem 0.9rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--code); font-size: 0.82rem; line-height: 1.55; white-space: pre-wrap;
}
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; padding: 0.5rem 1rem; background: var(--card); }
.whole { max-width: 76rem; margin: 0 auto; padding: 2rem 1rem 5rem; }
.top p { max-width: 46rem; margin-top: 0.75rem; }
.over { color: var(--dim); font-size: 0.9rem; }
nav { margin-top: 1.75rem; padding: 0.9rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
nav b { display: block; margin-top: 0.9rem; color: var(--dim); font-size: 0.85rem; font-weight: 600; }
nav b:first-child { margin-top: 0; }
nav ul { list-style: none; }
nav li a { display: flex; gap: 0.5rem; align-items: baseline; padding: 0.2rem 0; color: inherit; text-decoration: none; }
nav li a:hover { color: var(--link); text-decoration: underline; }
nav .method { min-width: 4em; }
.method { font: 700 0.72rem ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; text-transform: uppercase; }
.get { color: var(--get); } .post { color: var(--post); } .patch { color: var(--patch); } .delete { color: var(--delete); }
.about { margin-top: 0.3rem; color: var(--dim); }
article { margin-top: 1.1rem; padding: 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
article > p { margin-top: 0.5rem; max-width: 46rem; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h3 .method { margin-right: 0.4rem; font-size: 0.8rem; }
h3 code { font-size: 0.95rem; font-weight: 600; }
.token { color: var(--dim); font-size: 0.9rem; }
.members { margin-top: 0.3rem; list-style: none; }
.members li { padding: 0.3rem 0; border-top: 1px solid var(--line); }
.members > li:first-child { border-top: 0; }
.members .members { margin: 0.2rem 0 0 0.15rem; padding-left: 0.9rem; border-left: 2px solid var(--line); }
.members .name { padding: 0; background: none; font-weight: 600; }
.type { color: var(--dim); font-size: 0.9rem; }
.may { color: var(--dim); font-size: 0.8rem; font-style: italic; }
.says { display: block; font-size: 0.95rem; }
dl { display: grid; grid-template-columns: 3rem minmax(0, 1fr); gap: 0.35rem 0.25rem; margin-top: 0.35rem; }
dt { font-weight: 600; font-variant-numeric: tabular-nums; }
.codes { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; margin-top: 0.35rem; list-style: none; }
.codes code { padding: 0; background: none; }
table { width: 100%; margin-top: 0.9rem; border-collapse: collapse; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: normal; }
thead th { border-top: 0; color: var(--dim); font-size: 0.85rem; font-weight: 600; }
tbody th { font-weight: 600; }
td:last-child { padding-right: 0; }
td p { margin-top: 0.2rem; color: var(--dim); font-size: 0.9rem; }
tr:target, article:target { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 4px; }
@media (min-width: 62rem) {
  .whole { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 0 3rem; padding: 3rem 2rem 6rem; }
  .top { grid-column: 2; }
  nav { position: sticky; top: 1.5rem; grid-row: 1 / 3; max-height: calc(100vh - 3rem); margin: 0; overflow-y: auto; align-self: start; }
  article { padding: 1.25rem 1.5rem; }
}
@media print { nav { display: none; } article { break-inside: avoid; } }
`
