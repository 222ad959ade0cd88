import type { Bug } from '../../explore/index.ts';
import { bugTitle, counted } from '../explore/explore.ts';
import { edgesOf } from '../lanes/edges.ts';
import { type Deciding, withPair } from '../lanes/pair.ts';
import { type RowOptions, rowsOf } from '../lanes/rows.ts';
import { type ReplayNeeds, replayOf } from '../text/command.ts';
import { script, scriptHash, style } from './html-assets.ts';
import { html } from './html-text.ts';
import { timeline } from './html-timeline.ts';

export interface PageOptions extends Pick<RowOptions, 'value' | 'lineOf' | 'paths'>, ReplayNeeds {
  /** What the witness is of: the scenario and the kernel. */
  readonly title: string;
  readonly token: string | null;
  /** What the bug hangs on. */
  readonly why?: Deciding | null;
}

const legend =
  'Time runs down, one column per task. An arrow leads to a step from one of another task that it ' +
  'depends on: had they come the other way round, something would be different.';

/** A sentence in which no name of a field is broken after its dash. */
function sentence(text: string): string {
  return text
    .split(/ +/)
    .map((word) =>
      word.includes('->') && word.length < 30
        ? `<span class="word">${html(word)}</span>`
        : html(word),
    )
    .join(' ');
}

/**
 * A witness as one HTML document that needs nothing else: a column per task, a row per step, arrows
 * for what depends on what. Without scripts it shows all there is; nothing from outside can become
 * markup or run.
 */
export function bugHtml(whole: Bug, { title, token, why = null, ...rest }: PageOptions): string {
  const { bug, pair } = withPair(whole, why);
  const options = { ...rest, pair };
  const { tasks, steps, preemptions, switches, events, classes, message, at } = bug;
  const every = rowsOf(bug, { ...options, full: true });
  const numbers = new Map<number, number>();
  for (const { step } of every) if (step !== null) numbers.set(step, numbers.size + 1);
  const matter = rowsOf(bug, options);
  const folds = matter.length < every.length;
  const shown = steps.map((_, i) => matter.some(({ step }) => step === i));
  const facts = [
    counted(preemptions, 'preemption'),
    switches === 1 ? '1 switch' : `${switches} switches`,
    counted(events, 'event'),
    classes === 1 ? '' : `in ${classes} classes of executions`,
  ].filter((fact) => fact !== '');
  const end =
    at === null && steps.length > 0 ? `<p class="end">At the end: ${html(message)}</p>` : '';
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${html(`${bugTitle(bug)} - ${title}`)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 8 4 0 7.5z"/></marker></defs></svg>',
    '<header>',
    `<p class="where">${html(title)}</p>`,
    `<h1>${sentence(bugTitle(bug))}</h1>`,
    `<ul class="facts">${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>`,
    '</header>',
    '<main>',
    ...(why === null
      ? []
      : [
          '<section id="why">',
          '<h2>Why</h2>',
          `<p>${sentence(why.text)}</p>`,
          pair === null
            ? ''
            : '<p class="prose">The two are marked <b>[1]</b> and <b>[2]</b> below.</p>',
          '</section>',
        ]),
    steps.length === 0
      ? '<p class="prose">There is no execution to show.</p>'
      : `<p class="prose">${legend}</p>`,
    ...(folds
      ? [
          '<section id="matter">',
          '<h2>The steps that matter</h2>',
          timeline({
            label: 'The steps that matter',
            tasks,
            rows: matter,
            edges: edgesOf(steps, tasks, shown),
            numbers,
            matter: null,
          }),
          end,
          '</section>',
        ]
      : []),
    ...(steps.length === 0
      ? []
      : [
          '<details id="all" open>',
          `<summary><h2>Every step</h2> (${numbers.size})</summary>`,
          timeline({
            label: 'Every step',
            tasks,
            rows: every,
            edges: edgesOf(steps, tasks),
            numbers,
            matter: folds ? shown : [],
          }),
          end,
          '</details>',
        ]),
    ...(token === null
      ? []
      : [
          '<section>',
          '<h2>Run it again</h2>',
          `<pre tabindex="0">${html(replayOf(token, rest))}</pre>`,
          '</section>',
        ]),
    '</main>',
    `<script>${script}</script>`,
    '</body>',
    '</html>',
  ].join('\n');
}
