import type { Bug } from '../../explore/index.ts';
import { escapeText } from '../../util/index.ts';
import { edgesOf } from '../lanes/edges.ts';
import { type Deciding, withPair } from '../lanes/pair.ts';
import { relevantSteps } from '../lanes/relevance.ts';
import { type RowOptions, stacksOf, stepText } from '../lanes/rows.ts';
import { type ReplayNeeds, replayOf } from '../text/command.ts';

export interface DiagramOptions extends Omit<RowOptions, 'pair'>, ReplayNeeds {
  readonly title: string;
  readonly token: string | null;
  /** What the bug hangs on. */
  readonly why?: Deciding | null;
}

/**
 * A witness as a Mermaid sequence diagram, to be pasted into a mail or an issue: a participant per
 * task, a note per step that matters, an arrow where a step depends on one of another task.
 */
export function bugDiagram(
  whole: Bug,
  { title, token, why = null, ...rest }: DiagramOptions,
): string[] {
  const { bug, pair } = withPair(whole, why);
  const options = { ...rest, pair };
  const { message, tasks, steps, at } = bug;
  const shown = options.full ? steps.map(({ op }) => op !== 'call') : relevantSteps(bug, pair);
  const present = tasks.map((_, task) => steps.some((step, i) => shown[i] && step.task === task));
  const stacks = stacksOf(steps);
  const edges = edgesOf(steps, tasks, shown);
  const lines = ['sequenceDiagram', `    title ${label(`${title}: ${message}`)}`];
  const inside = (color: string, line: string): void => {
    lines.push(`    rect rgba(${color}, 0.3)`, `        ${line}`, '    end');
  };
  tasks.forEach((name, task) => {
    if (present[task]) lines.push(`    participant T${task} as ${label(name)}`);
  });
  const last = tasks.map(() => '');
  steps.forEach(({ task }, i) => {
    if (!shown[i]) return;
    for (const { from } of edges.filter(({ to }) => to === i)) {
      const what = label(stepText({ ...bug, at: null }, from, options));
      lines.push(`    T${steps[from]?.task ?? task}-->>T${task}: ${what}`);
    }
    const name = stacks[i]?.at(-1) ?? '';
    const heading = name === '' || name === last[task] ? '' : `${label(calledText(name))}<br/>`;
    last[task] = name;
    const note = `Note over T${task}: ${heading}${label(stepText(bug, i, options))}`;
    if (i === at) inside(red, note);
    else if (pair?.includes(i)) inside(amber, note);
    else lines.push(`    ${note}`);
  });
  const [first] = tasks.flatMap((_, task) => (present[task] ? [task] : []));
  const overAll = `Note over T${first ?? 0},T${present.lastIndexOf(true)}: `;
  if (at === null && first !== undefined) inside(red, overAll + label(message));
  if (why !== null && first !== undefined) lines.push(`    ${overAll}${label(why.text)}`);
  if (token !== null) lines.push(`    %% ${remark(replayOf(token, rest))}`);
  return lines;
}

const red = '220, 40, 40';
const amber = '230, 170, 0';

/**
 * Text that means nothing to Mermaid. `#` begins an entity, `;` ends a statement, `%%{` begins a
 * directive, `$$` a formula, `end` ends a block, `wrap:` is an order; what is not known to be
 * harmless is written by its number.
 */
function label(text: string): string {
  return escapeText(text)
    .replace(/\b[Ee][Nn][Dd]\b|^ *:? *(?:no)?wrap *:|:(?! )|[^\w .:,/()*+=!?@>[\]|-]/gu, numbered)
    .replace(/ {2,}/g, ' ');
}

function calledText(name: string): string {
  return /^\w+$/.test(name) ? `${name}()` : name;
}

/** The first character of what was found, and what is no letter, by number. */
function numbered(found: string): string {
  return Array.from(found, (char, i) =>
    i === 0 || !/\w/.test(char) ? `#${char.codePointAt(0) ?? 0};` : char,
  ).join('');
}

/** A comment ends with its line, but directives are looked for in comments too. */
function remark(text: string): string {
  return escapeText(text).replace(/[{}]/g, (char) => (char === '{' ? '%7B' : '%7D'));
}
