import type { Bug } from '../explore/index.ts';
import { escapeText } from '../util/index.ts';
import { edgesOf } from './edges.ts';
import { relevantSteps } from './relevance.ts';
import { type RowOptions, stacksOf, stepText } from './rows.ts';

export interface DiagramOptions extends RowOptions {
  readonly title: string;
  readonly token: string | null;
}

/**
 * A witness as a Mermaid sequence diagram, to be pasted into a mail or an issue: a participant per
 * task, a note per step that matters, an arrow where a step depends on one of another task.
 */
export function bugDiagram(bug: Bug, { title, token, ...options }: DiagramOptions): string[] {
  const { message, tasks, steps, at } = bug;
  const shown = options.full ? steps.map(({ op }) => op !== 'call') : relevantSteps(bug);
  const present = tasks.map((_, task) => steps.some((step, i) => shown[i] && step.task === task));
  const stacks = stacksOf(steps);
  const edges = edgesOf(steps, tasks, shown);
  const lines = ['sequenceDiagram', `    title ${label(`${title}: ${message}`)}`];
  const alarm = (line: string): void => {
    lines.push('    rect rgba(220, 40, 40, 0.3)', `        ${line}`, '    end');
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
    if (i === at) alarm(note);
    else lines.push(`    ${note}`);
  });
  const [first] = tasks.flatMap((_, task) => (present[task] ? [task] : []));
  if (at === null && first !== undefined)
    alarm(`Note over T${first},T${present.lastIndexOf(true)}: ${label(message)}`);
  if (token !== null) lines.push(`    %% fwspec replay ${remark(token)}`);
  return lines;
}

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
