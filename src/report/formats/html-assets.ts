/** The style of the page. Colours follow the reader's choice of light or dark. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2024; --faint: #626a73; --lane: #f3f5f7; --hover: rgba(20, 60, 120, .09);
  --edge: #8a94a0; --strong: #1f6feb; --bad: #b3261e; --badlane: rgba(214, 48, 38, .13); --line: #d5dae0; --key: #9a6700; --keylane: rgba(230, 170, 0, .2);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e4e7ea; --faint: #9aa3ad; --lane: #1d2125; --hover: rgba(150, 190, 255, .11);
    --edge: #6c7783; --strong: #6cb0ff; --bad: #ff8a80; --badlane: rgba(255, 90, 80, .2); --line: #363c43; --key: #f0c14b; --keylane: rgba(230, 170, 0, .2);
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem clamp(1rem, 3vw, 3rem) 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; width: max-content; min-width: 100%; }
header, .prose { max-width: min(46rem, calc(100vw - 2rem)); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .2rem 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0; display: inline; }
section, details { margin-top: 2rem; }
a { color: inherit; }
.where { margin: 0; color: var(--faint); overflow-wrap: anywhere; }
.facts { list-style: none; margin: .5rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; color: var(--faint); }
.word { white-space: nowrap; }
.prose { color: var(--faint); margin: 1.4rem 0 0; }
main > .prose + * { margin-top: 1.4rem; }
summary { cursor: pointer; }
pre { margin: .6rem 0 0; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--lane); white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
  max-width: min(60rem, calc(100vw - 2rem)); }
pre, .timeline { font: 13px/22px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.timeline { margin-top: .8rem; font-variant-ligatures: none; }
.heads { position: sticky; top: 0; z-index: 2; height: 30px; background: var(--paper); border-bottom: 1px solid var(--line); }
.head { position: absolute; bottom: 4px; font-weight: 600; }
.rows { position: relative; margin-top: 4px; }
.drawing { position: absolute; inset: 0 auto auto 0; overflow: visible; }
.lane { fill: var(--lane); }
.edge line { stroke: var(--edge); stroke-width: 1.3; stroke-linecap: round; }
#head path { fill: var(--edge); fill: context-stroke; }
.edge.on line { stroke: var(--strong); stroke-width: 2; }
.row { position: relative; height: 22px; overflow-y: clip; }
.row:hover, .row:focus-within, .row:target { background: var(--hover); }
.row.failing { background: var(--badlane); box-shadow: inset 4px 0 var(--bad); font-weight: 600; }
.row.decides { background: var(--keylane); box-shadow: inset 4px 0 var(--key); font-weight: 600; }
.row.matters { font-weight: 600; }
.number { position: absolute; left: 1ch; color: var(--faint); font-weight: 400; }
.number a { text-decoration: none; }
.number a:hover, .number a:focus { text-decoration: underline; }
.cell, .name, .access, .gap { position: absolute; top: 0; }
.head, .cell, .name, .access, .gap { white-space: pre; unicode-bidi: bidi-override; direction: ltr; }
.name { color: var(--faint); font-weight: 400; }
.gap { color: var(--faint); font-style: italic; }
.failing .access, .failing .name { color: var(--bad); }
#why p { margin: .5rem 0 0; max-width: min(46rem, calc(100vw - 2rem)); overflow-wrap: anywhere; }
.end { width: fit-content; margin: .8rem 0 0; padding: .5rem 1rem; border-left: 4px solid var(--bad); background: var(--badlane); font-weight: 600; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
@media screen and (max-width: 700px) {
  body { width: auto; }
  .timeline { width: auto !important; }
  .drawing { display: none; }
  .rows { height: auto !important; }
  .heads { height: auto; padding-bottom: 4px; }
  .row { height: auto; padding: 1px 0 1px 5ch; }
  .head, .cell { position: static; display: block; margin-left: calc(var(--lane) * 3ch); padding-left: 1ch;
    border-left: 3px solid hsl(calc(210 + var(--lane) * 150) 55% 55%); }
  .head { margin-left: calc(5ch + var(--lane) * 3ch); }
  .name, .access, .gap { position: static; display: block; }
  .access, .gap { padding-left: 2ch; }
  .head, .cell, .name, .access, .gap { white-space: pre-wrap; overflow-wrap: anywhere; }
}
@media print {
  @page { size: landscape; margin: 12mm; }
  body { padding: 0; font-size: 11px; }
  .timeline { zoom: .7; }
  .heads { position: relative; }
  .lane, .row.failing, .end { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section, .row { break-inside: avoid; }
}
`;

/**
 * Folds the steps that do not matter, opens them when a link leads there, and lights up the arrows
 * of the row under the pointer or the focus. Without it all is shown.
 */
export const script = `
'use strict';
const { documentElement: page } = document;
const all = page.querySelector('#all');
const reveal = () => {
  const target = page.querySelector(':target');
  if (target === null || all === null || !all.contains(target)) return;
  all.open = true;
  target.scrollIntoView({ block: 'center' });
};
if (all !== null && page.querySelector('#matter') !== null) all.open = false;
addEventListener('hashchange', reveal);
reveal();
for (const timeline of page.querySelectorAll('.timeline')) {
  const light = ({ type, target }) => {
    const row = type === 'mouseleave' ? null : target.closest('.row');
    const step = row === null ? undefined : row.dataset.step;
    for (const edge of timeline.querySelectorAll('.edge'))
      edge.classList.toggle('on', step !== undefined && [edge.dataset.from, edge.dataset.to].includes(step));
  };
  for (const type of ['mouseover', 'mouseleave', 'focusin']) timeline.addEventListener(type, light);
}
`;

/** The SHA-256 of {@link script}, in the words of a content security policy. */
export const scriptHash = 'sha256-zqq5M/mYjCrdaXlPNpUZTCOsoWML/+vPKTQWm+f3O/E=';
