import type { TraceStep } from '../../explore/index.ts';
import { escapeText, few } from '../../util/index.ts';
import { bugText, bugTitle, counted, type Exploration } from '../explore/explore.ts';
import { defaultWidth, plain, type Style, type TextOptions } from '../text/style.ts';
import { words, wrap } from '../text/wrap.ts';
import { type Judged, type JudgedStep, type JudgeVerdict, verdictOf } from './judgement.ts';
import { isOfBefore, type Side, sides, sizeText, type ToldCause, told } from './told.ts';

export interface JudgeTextOptions extends TextOptions {
  /** All causes with all their places, and every step of a witness. */
  readonly full?: boolean;
  /** A witness for each cause. */
  readonly all?: boolean;
  readonly value?: (step: TraceStep) => string;
  /** The tree and the patches, as a command has them. */
  readonly linux?: string;
  readonly patched?: readonly string[];
}

type Shown = JudgeTextOptions & Required<TextOptions>;

/** Where the text of each part begins. */
const margin = ' '.repeat(11);
/** How many causes, and things that were not judged, are told; the rest is counted. */
const most = 6;

/** What patches do to a kernel, the verdict first. */
export function judgeText(judged: Judged, options: JudgeTextOptions = {}): string[] {
  const shown: Shown = { style: plain, width: defaultWidth, ...options };
  const { style, width } = shown;
  const { linux, patches, steps, had, notes } = judged;
  const files = new Set(patches.flatMap((patch) => patch.files)).size;
  const title = `${counted(patches.length, 'patch')}, ${counted(files, 'file')}   ${linux}`;
  const lines = wrap(words(title), '', width).map((line) => style('bold', line));
  if (had)
    lines.push(...wrap(words('The tree has them already: before is without them.'), '', width));
  for (const note of notes)
    lines.push(...wrap(words(note), '', width).map((line) => style('yellow', line)));
  if (steps.length > 1) lines.push('', ...overview(judged, shown));
  for (const step of steps) lines.push('', ...stepText(judged, step, shown));
  return lines;
}

/** A line for each step. */
function overview({ patches, steps }: Judged, { style, width }: Shown): string[] {
  return steps.flatMap((step) => {
    const verdict = verdictOf(step);
    const word = verdictWords[verdict];
    const name = step.patches.map((at) => patches[at]?.name ?? '').join(', ');
    const [first = '', ...more] = wrap(words(name), ' '.repeat(17), width);
    return [style(colours[verdict], word.padEnd(17)) + first.trimStart(), ...more];
  });
}

const verdictWords: Readonly<Record<JudgeVerdict, string>> = {
  brings: 'BRINGS',
  removes: 'REMOVES',
  both: 'BRINGS, REMOVES',
  nothing: 'CHANGES NOTHING',
  incomplete: 'INCOMPLETE',
  'not-judged': 'NOT JUDGED',
};

const colours: Readonly<Record<JudgeVerdict, Parameters<Style>[0]>> = {
  brings: 'red',
  removes: 'green',
  both: 'red',
  nothing: 'green',
  incomplete: 'yellow',
  'not-judged': 'yellow',
};

function stepText({ patches }: Judged, step: JudgedStep, shown: Shown): string[] {
  const { style, width, all = false } = shown;
  const lines = step.patches.flatMap((at) =>
    wrap(words(patches[at]?.name ?? ''), '', width).map((line) => style('bold', line)),
  );
  lines.push('', ...verdictText(step, shown));
  const causes = sides.flatMap((side) => told(step.scenarios, side).causes);
  const listed = shown.full === true ? causes : causes.slice(0, most);
  for (const cause of listed) lines.push('', ...causeText(cause, shown));
  if (listed.length < causes.length)
    lines.push('', `  and ${counted(causes.length - listed.length, 'more cause')}: --full`);
  lines.push(...staysText(step, shown));
  // What it removes is shown where it brings nothing.
  for (const cause of all ? causes : causes.slice(0, 1))
    lines.push('', ...witnessText(cause, shown));
  return [...lines, '', ...exploredText(step, shown), ...notJudgedText(step, shown)];
}

const sideWords: Readonly<Record<Side, string>> = {
  brings: 'BRINGS',
  perhapsBrings: 'PERHAPS',
  removes: 'REMOVES',
  perhapsRemoves: 'PERHAPS',
};

function verdictText({ scenarios }: JudgedStep, { style, width }: Shown): string[] {
  const lines = sides.flatMap((side) => {
    const found = told(scenarios, side);
    if (found.causes.length + found.races.length === 0) return [];
    const why = {
      brings: '',
      removes: '',
      perhapsBrings: ' more: the search before was cut short, and may have missed them',
      perhapsRemoves: ' less: the search after was cut short, and may have missed them',
    }[side];
    return part(sideWords[side], sizeText(found) + why, sideColours[side], style, width);
  });
  if (lines.length > 0) return lines;
  const verdict = verdictOf({ scenarios });
  const text = {
    nothing: scenarios.every(({ isSameCode }) => isSameCode)
      ? 'it compiles to the same code'
      : 'the same bugs before and after, by the same causes',
    'not-judged': 'no scenario runs what it changes',
    incomplete: 'nothing for sure: not everything was explored',
  }[verdict as 'nothing' | 'not-judged' | 'incomplete'];
  const word = verdict === 'nothing' ? 'NOTHING' : verdictWords[verdict];
  return part(
    word,
    verdict === 'nothing' ? `changes: ${text}` : text,
    colours[verdict],
    style,
    width,
  );
}

const sideColours: Readonly<Record<Side, Parameters<Style>[0]>> = {
  brings: 'red',
  removes: 'green',
  perhapsBrings: 'yellow',
  perhapsRemoves: 'yellow',
};

/** A part of the screen: its name stands before the first line. */
function part(
  name: string,
  text: string,
  colour: Parameters<Style>[0],
  style: Style,
  width: number,
): string[] {
  const [first = '', ...more] = wrap(words(text), margin, width);
  return [style(colour, name.padEnd(margin.length)) + first.slice(margin.length), ...more];
}

const signs: Readonly<Record<Side, string>> = {
  brings: '+',
  perhapsBrings: '+?',
  removes: '-',
  perhapsRemoves: '-?',
};

/** A cause in a few lines. */
function causeText({ side, cause, bugs, isKnown, scenarios }: ToldCause, shown: Shown): string[] {
  const { style, width, full = false } = shown;
  const [first = '', ...more] = wrap(words(cause.title), '     ', width);
  const places = full ? bugs : bugs.slice(0, 1);
  const facts = [
    counted(cause.preemptions, 'preemption'),
    ...(bugs.length > 1 ? [`${bugs.length} places`] : []),
    ...(isKnown ? ['a cause that was there'] : []),
    `in ${few(scenarios)}`,
  ];
  const head = `  ${signs[side]}`.padEnd(5);
  return [
    style(sideColours[side], head) + style('bold', first.slice(5)),
    ...more.map((line) => style('bold', line)),
    ...places.flatMap((bug) => wrap(bugTitle(bug).split(' '), '     ', width)),
    ...wrap(words(facts.join(', ')), '     ', width),
  ];
}

/** What is on both sides. */
function staysText({ scenarios }: JudgedStep, { width }: Shown): string[] {
  const stays = new Set(
    scenarios.flatMap(({ difference }) => difference?.stays ?? []).map(({ id }) => id),
  );
  const races = Math.max(0, ...scenarios.map(({ difference }) => difference?.racesStay ?? 0));
  if (stays.size + races === 0) return [];
  const what = [
    ...(stays.size > 0 ? [counted(stays.size, 'cause')] : []),
    ...(races > 0 ? [counted(races, 'data race')] : []),
  ];
  const [first = ''] = wrap(words(`${what.join(' and ')} before and after`), '     ', width);
  return ['', `  =  ${first.trimStart()}`];
}

function witnessText(told: ToldCause, shown: Shown): string[] {
  const [bug] = told.bugs;
  if (bug === undefined) return [];
  const { style } = shown;
  const heading = isOfBefore(told.side) ? [style('bold', 'What it removes:')] : [];
  const { lineOf } = told;
  const again = told.token();
  const patched = again?.isPatched === true ? shown.patched : [];
  const options = { ...shown, why: told.why(), lineOf, paths: true, patched };
  return [...heading, ...bugText(bug, again?.token ?? null, options)];
}

/** How much was looked at. */
function exploredText({ scenarios }: JudgedStep, { style, width }: Shown): string[] {
  const lines = scenarios.flatMap(({ name, before, after, isSameCode }) => {
    if (isSameCode) return [`${name}: the same code before and after`];
    if (before === null || after === null) return [];
    const cut = ({ outcome }: Exploration): string => (outcome.complete ? '' : ' (cut short)');
    const [one, two] = [before.outcome.executions, after.outcome.executions];
    const then = `${counted(one, 'execution')} before${cut(before)}`;
    return [`${name}: ${then}, ${counted(two, 'execution')} after${cut(after)}`];
  });
  return listed('explored', lines, Number.POSITIVE_INFINITY, style, width);
}

function notJudgedText({ notJudged }: JudgedStep, { style, width, full }: Shown): string[] {
  const lines = notJudged.map(({ what, why }) => `${what}: ${why}`);
  return listed('not judged', lines, full === true ? lines.length : most, style, width);
}

function listed(
  name: string,
  lines: readonly string[],
  limit: number,
  style: Style,
  width: number,
): string[] {
  const rest = lines.length - limit;
  const shown = [...lines.slice(0, limit), ...(rest > 0 ? [`and ${rest} more: --full`] : [])];
  const text = shown.flatMap((line) => wrap(words(line), margin, width));
  const [first = '', ...more] = text;
  if (text.length === 0) return [];
  return [
    style('bold', name.padEnd(margin.length)) + escapeText(first.slice(margin.length)),
    ...more,
  ];
}
