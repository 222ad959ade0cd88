import type { Bug, Outcome, TraceStep, Why } from '../../explore/index.ts';
import { columnsOf, escapeText } from '../../util/index.ts';
import { lanes } from '../lanes/lanes.ts';
import { type Deciding, type Pair, withPair } from '../lanes/pair.ts';
import type { RowOptions } from '../lanes/rows.ts';
import { type ReplayNeeds, replayOf } from '../text/command.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { facts, hanging, words } from '../text/wrap.ts';
import type { Known, KnownOf } from './explore-json.ts';

/** An exploration and what the explorer itself does not know of it. */
export interface Exploration {
  /** Null for a program that is not of a kernel. */
  readonly kernel: string | null;
  /** What is explored: a scenario, or the files of a program. */
  readonly scenario: string;
  /** The shape of the device in words, where it is another one than usual; of a program, its compiler. */
  readonly shape?: string | null;
  /** What somebody has asked of its kernel: options as they are written, and the command line. */
  readonly asked?: readonly string[];
  /** How many tasks race. */
  readonly tasks: number;
  readonly outcome: Outcome;
  readonly elapsed_ms: number;
  /** The token of each bug, in the order of the bugs; null where there is no execution to show. */
  readonly tokens: readonly (string | null)[];
  /** For each bug, what it hangs on; null where nobody asked. */
  readonly whys: readonly (Why | null)[];
  /** For each cause of the outcome the token of each of its witnesses. */
  readonly causeTokens: readonly (readonly (string | null)[])[];
  /** What was asked for and is not looked at, a sentence each. */
  readonly notes?: readonly string[];
  /** Of a kernel's own C, what was compiled and how. */
  readonly linux?: LinuxSource;
  /** What a second engine says; null when it was not asked. */
  readonly crossCheck: {
    readonly states: number;
    readonly differences: readonly string[];
  } | null;
}

/** A tree of Linux as it was compiled. */
export interface LinuxSource {
  /** `6.1.192` */
  readonly release: string;
  readonly arch: string;
  /** `clang 14` */
  readonly compiler: string;
  readonly level: string;
  readonly files: readonly string[];
  /** Stands for what was compiled. */
  readonly digest: string;
}

/** `Linux 6.1.192 (arm64, clang 14, source)` */
export function linuxText({ release, arch, compiler, level }: LinuxSource): string {
  return `Linux ${release} (${arch}, ${compiler}, ${level})`;
}

export interface ExploreTextOptions
  extends TextOptions,
    ReplayNeeds,
    Pick<RowOptions, 'lineOf' | 'paths'> {
  /** Every step of a witness instead of those that matter. */
  readonly full?: boolean;
  /** Which bugs are shown with a witness: the worst, the worst of each kind, or all. */
  readonly witnesses?: Witnesses;
  readonly value?: (step: TraceStep) => string;
  /** The token of every data race, not only how to get at them. */
  readonly tokens?: boolean;
  /** Looks up what is known of a cause. */
  readonly knownOf?: KnownOf;
  /** What one bug hangs on. */
  readonly why?: Deciding | null;
}

/** The exploration as lines for a person: its causes, then what was asked for of each bug. */
export function exploreText(exploration: Exploration, options: ExploreTextOptions = {}): string[] {
  const style = options.style ?? plain;
  const width = options.width ?? defaultWidth;
  const { outcome, tokens, whys } = exploration;
  const { complete, ignored, verdict, bounds, worlds } = outcome;
  const shown = withWitness(outcome.bugs, options.witnesses ?? 'worst');
  const lines = [
    ...headline(exploration, { style, width }),
    ...countsText(exploration, { style, width }),
    ...causesText(exploration, shown, { ...options, style, width }),
  ];
  outcome.bugs.forEach((bug, i) => {
    if (!shown.has(bug)) return;
    lines.push('', ...bugText(bug, tokens[i] ?? null, { ...options, why: whys[i] ?? null }));
  });
  const races = outcome.bugs.filter((bug) => bug.kind === 'data-race' && !shown.has(bug));
  if (races.length > 0) {
    lines.push(
      '',
      `${counted(races.length, 'data race')}${options.tokens === true ? '' : ' (--all shows a witness for each)'}:`,
    );
    for (const bug of races) {
      const text = bug.title.replace(/^data race on /, '');
      lines.push(...brief({ ...bug, title: text }, 0, '  ', width));
      const token = tokens[outcome.bugs.indexOf(bug)] ?? null;
      if (options.tokens === true && token !== null)
        lines.push(style('dim', `      ${replayOf(token, options)}`));
    }
  }
  if (verdict === 'clean') {
    const of = ignored.length > 0 ? ' of a kind looked for' : '';
    lines.push('', style('green', `No bug${of} in any execution.`));
  }
  if (verdict === 'incomplete' && bounds.preemptions !== null) {
    const none = `No execution with at most ${counted(bounds.preemptions, 'preemption')} has a bug of a kind looked for (data races and lock order aside).`;
    lines.push('', ...hanging(none.split(' '), '', 0, width));
  }
  if (ignored.length > 0) {
    const kinds = `Not looked for: ${ignored.join(', ')}.`;
    lines.push('', ...hanging(kinds.split(' '), '', 2, width).map((line) => style('yellow', line)));
  }
  if (worlds === 'fresh') {
    const why = 'The program keeps state that a search cannot take back, outside of cells:';
    const so = 'each execution began in a fresh world.';
    lines.push('', ...hanging(`${why} ${so}`.split(' '), '', 0, width));
  }
  for (const note of exploration.notes ?? [])
    lines.push('', ...hanging(note.split(' '), '', 2, width).map((line) => style('yellow', line)));
  if (!complete) {
    lines.push(
      '',
      style('yellow', 'The search was cut short: what was not looked at may hold more.'),
    );
  }
  return lines;
}

/** How many places of a cause are named, unless all are asked for. */
const placesShown = 8;

/** What the bugs hang on, as a numbered list. */
function causesText(
  { outcome, causeTokens }: Exploration,
  shown: ReadonlySet<Bug>,
  options: ExploreTextOptions & Required<TextOptions>,
): string[] {
  const { style, width, knownOf, witnesses } = options;
  const { causes, bugs } = outcome;
  const all = witnesses === 'all';
  if (causes.length === 0) return [];
  const races = bugs.filter(({ kind }) => kind === 'data-race').length;
  const counts = [
    counted(bugs.length - races, 'bug'),
    ...(races > 0 ? [counted(races, 'data race')] : []),
  ];
  const lines = ['', `${counts.join(' and ')}. ${counted(causes.length, 'cause')}:`];
  causes.forEach((cause, i) => {
    const [first = '', ...more] = hanging(words(`${i + 1}  ${cause.title}`), ' ', 3, width);
    lines.push('', style('bold', first), ...more.map((line) => style('bold', line)));
    const { witnesses: sites, preemptions } = cause;
    const about = [
      counted(preemptions, 'preemption'),
      ...(sites.length > 1 ? [counted(sites.length, 'place')] : []),
      ...knownFacts(knownOf?.(cause) ?? null),
    ];
    lines.push(...facts(about, width - 4).map((line) => `    ${line}`));
    for (const bug of all ? sites : sites.slice(0, placesShown))
      lines.push(...brief(bug, preemptions, '    ', width));
    if (!all && sites.length > placesShown)
      lines.push(`    and ${sites.length - placesShown} more (--all)`);
    const token = causeTokens[i]?.[0] ?? null;
    if (token !== null && !shown.has(sites[0] as Bug))
      lines.push(style('dim', `    ${replayOf(token, options)}`));
  });
  return lines;
}

/** What is known of a cause, in words. */
function knownFacts(known: Known | null): string[] {
  if (known === null) return [];
  const { status, reported } = known;
  const report =
    status !== 'real'
      ? []
      : [reported === '' ? 'not reported' : `reported ${reported.replaceAll(/,? <[^>]*>/g, '')}`];
  return [status === 'model-only' ? 'in the model only' : status, ...report];
}

/** What was counted besides bugs, where somebody asked for it. */
function countsText(
  { outcome, crossCheck }: Exploration,
  { style, width }: Required<TextOptions>,
): string[] {
  const lines: string[] = [];
  const { histogram, outcomes } = outcome;
  if (histogram !== null) {
    const counts = histogram.map((classes, k) => `${k}: ${counted(classes, 'class')}`);
    lines.push(...facts(['fewest preemptions', ...counts], width));
    for (const { kinds, classes } of outcomes) {
      const kind = kinds.length === 0 ? 'no bug' : kinds.join(', ');
      lines.push(
        ...hanging(`${counted(classes, 'class')} with ${kind}`.split(' '), '  ', 2, width),
      );
    }
  }
  if (crossCheck !== null) {
    const states = counted(crossCheck.states, 'state');
    const { differences } = crossCheck;
    if (differences.length === 0) lines.push(`cross-check   ${states}, the same bugs and minima`);
    for (const difference of differences) {
      const text = words(`cross-check   the engines disagree: ${difference}`);
      lines.push(...hanging(text, '', 2, width).map((line) => style('red', line)));
    }
  }
  return lines;
}

/** Which bugs are shown with a witness: none, the worst, the worst of each kind, or all. */
export type Witnesses = 'none' | 'worst' | 'kinds' | 'all';

/** The bugs that are shown with a witness. Properties count as kinds of their own. */
export function withWitness(bugs: readonly Bug[], which: Witnesses): ReadonlySet<Bug> {
  if (which === 'all') return new Set(bugs);
  if (which === 'none') return new Set();
  if (which === 'worst') return new Set(bugs.slice(0, 1));
  const first = new Map<string, Bug>();
  for (const bug of bugs) {
    const kind = bug.kind === 'property' ? `property ${bug.function}` : bug.kind;
    if (!first.has(kind)) first.set(kind, bug);
  }
  if (first.size > 1) first.delete('data-race');
  return new Set(first.values());
}

function headline(
  { kernel, scenario, shape, asked = [], linux, tasks, outcome, elapsed_ms }: Exploration,
  { style, width }: Required<TextOptions>,
): string[] {
  const parts = [
    scenario,
    ...(kernel === null ? [] : [linux === undefined ? `kernel ${kernel}` : kernel]),
    ...(shape == null ? [] : [escapeText(shape)]),
    ...asked.map(escapeText),
    // A program starts its threads itself.
    ...(kernel === null ? [] : [counted(tasks, 'task')]),
    counted(outcome.executions, 'execution'),
    // How long it took says little in a line of its own.
    `${outcome.complete ? 'complete' : 'incomplete'}   ${(elapsed_ms / 1000).toFixed(2)} s`,
  ];
  return facts(parts, width).map((line, i) => {
    const named = i === 0 ? line.replace(scenario, style('bold', scenario)) : line;
    return outcome.complete
      ? named
      : named.replace(/(?<=^|\s)incomplete(?= {3})/, style('yellow', 'incomplete'));
  });
}

/** One bug with its witness. */
export function bugText(
  bug: Bug,
  token: string | null,
  options: ExploreTextOptions = {},
): string[] {
  const why = options.why ?? null;
  const shown = withPair(bug, why);
  const style = options.style ?? plain;
  const width = options.width ?? defaultWidth;
  const [first = '', ...rest] = withRemark(
    hanging(['BUG', '', ...bugTitle(bug).split(' ')], '', 5, width),
    counted(bug.preemptions, 'preemption'),
    width,
  );
  const lines = [`${style('red', 'BUG')}${first.slice(3)}`, ...rest];
  if (bug.steps.length > 0) {
    lines.push('', ...lanes(shown.bug, { ...options, style, width, pair: shown.pair }));
  }
  if (why !== null) lines.push('', ...whyText(why, shown.pair, width));
  if (token !== null) lines.push('', `replay: ${replayOf(token, options)}`);
  return lines;
}

/** What a bug hangs on, and which rows of the lanes that is. */
export function whyText(why: Deciding, pair: Pair | null, width: number = defaultWidth): string[] {
  const rows = pair === null ? '' : '[1] before [2]. ';
  return hanging(words(`why: ${rows}${why.text.replaceAll(/ {2,}/g, ' ')}`), '', 5, width);
}

/** Lines with a remark at their end, or below it where there is no room. */
function withRemark(lines: readonly string[], remark: string, width: number): string[] {
  const last = lines.at(-1) ?? '';
  return columnsOf(last) + 3 + columnsOf(remark) <= width
    ? [
        ...lines.slice(0, -1),
        `${last}${' '.repeat(Math.min(6, width - columnsOf(last) - columnsOf(remark)))}${remark}`,
      ]
    : [...lines, `     ${remark}`];
}

/** The bug in one line. */
export function bugTitle(bug: Bug): string {
  const { kind, function: name, object } = bug;
  const message = escapeText(bug.message);
  if (kind === 'property' && ['end', 'always', 'sometimes'].includes(object))
    return `${escapeText(bug.title)}: ${message}`;
  // What is only seen when all is done is seen in no function; what a task throws says which one.
  if (name === 'end' || message.startsWith(`${escapeText(name)} `)) return `${kind}: ${message}`;
  return `${kind} in ${functionText(bug)}: ${message}`;
}

function functionText(bug: Bug): string {
  return escapeText(bug.function)
    .split(' / ')
    .map((name) => (/^\w+$/.test(name) ? `${name}()` : name))
    .join(' / ');
}

/** A bug in a line, with what it takes where that is more than is said already. */
function brief(bug: Bug, said: number, margin: string, width: number): string[] {
  const { title, preemptions } = bug;
  const lines = hanging(words(title), margin, 2, width);
  return preemptions > said ? withRemark(lines, counted(preemptions, 'preemption'), width) : lines;
}

/** `1 execution`, `1,654 executions`. */
export function counted(count: number, noun: string): string {
  const digits = String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  const plural = /(?:s|ch)$/.test(noun) ? 'es' : 's';
  return `${digits} ${noun}${count === 1 ? '' : plural}`;
}
