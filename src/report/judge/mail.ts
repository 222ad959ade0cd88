import type { TraceStep } from '../../explore/index.ts';
import { escapeText } from '../../util/index.ts';
import { commandLines } from '../check/next.ts';
import { counted } from '../explore/explore.ts';
import { bugMail } from '../formats/mail.ts';
import { words, wrap } from '../text/wrap.ts';
import { type Judged, type JudgedStep, verdictOf } from './judgement.ts';
import { isOfBefore, type Side, sides, sizeText, told } from './told.ts';

/** Columns of a mail. */
const columns = 72;

export interface JudgeMailOptions {
  /** The command that judges the patches again, for whoever wants to see it. */
  readonly command: readonly string[];
  readonly value?: (step: TraceStep) => string;
}

/**
 * An answer to the mail that is judged, to be sent as it is: the first step that brings something, else
 * the first that removes something. Nothing of the mail is quoted but its summary.
 */
export function judgeMail(judged: Judged, options: JudgeMailOptions): string[] {
  const { steps } = judged;
  const step =
    steps.find((one) => ['brings', 'both'].includes(verdictOf(one))) ??
    steps.find((one) => verdictOf(one) === 'removes') ??
    steps[0];
  if (step === undefined) return [];
  const [first = 0] = step.patches;
  const patch = judged.patches[first];
  const whole = step.patches.length > 1 && judged.cover !== null;
  const headers = whole ? judged.cover : (patch?.headers ?? null);
  return [
    ...replyHeaders(headers, patch?.name ?? ''),
    '',
    ...quotation(headers, patch?.name ?? '', patch?.author ?? ''),
    '',
    ...body(judged, step, options),
  ];
}

type Headers = ReadonlyMap<string, string> | null;

/** Who is answered. What a mail has in its headers is nobody's to be trusted: an ID has to look like one. */
function replyHeaders(headers: Headers, name: string): string[] {
  const get = (field: string): string => headers?.get(field) ?? '';
  const subject = get('subject') === '' ? escapeText(name) : get('subject');
  const [id = null] = idsIn(get('message-id'));
  const before = idsIn(get('references'));
  const references = before.length > 0 ? before : idsIn(get('in-reply-to'));
  const to = get('reply-to') === '' ? get('from') : get('reply-to');
  const cc = [get('to'), get('cc')].filter((list) => list !== '').join(', ');
  return [
    ...(to === '' ? [] : folded('To', to.split(/,\s*/), ',')),
    ...(cc === '' ? [] : folded('Cc', cc.split(/,\s*/), ',')),
    `Subject: ${/^re:/i.test(subject) ? '' : 'Re: '}${subject}`,
    ...(id === null
      ? []
      : [`In-Reply-To: ${id}`, ...folded('References', [...references, id].slice(-20), '')]),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
  ];
}

function idsIn(text: string): string[] {
  return (text.match(/<[^<>\s]{1,250}>/g) ?? []).filter((id) => escapeText(id) === id);
}

/** A header in lines that are not too long. */
function folded(name: string, parts: readonly string[], separator: string): string[] {
  const lines: string[] = [];
  let line = `${name}:`;
  parts.forEach((part, i) => {
    const text = ` ${part}${i < parts.length - 1 ? separator : ''}`;
    if (line.trim() !== `${name}:` && line.length + text.length > 76) {
      lines.push(line);
      line = '';
    }
    line += text;
  });
  return [...lines, line];
}

function quotation(headers: Headers, name: string, author: string): string[] {
  const summary = name.replace(/^\s*(?:\[[^\]]*\]\s*)+/, '');
  const date = headers?.get('date') ?? '';
  const when = date === '' ? '' : `On ${date}, `;
  const who = author === '' ? '' : `${when}${author} wrote:`;
  return [
    ...(headers === null || who === '' ? [] : wrap(words(who), '', columns)),
    ...wrap(words(summary), '> ', columns),
  ];
}

/** What comes of the patch in a sentence for each side. */
const sentences: Readonly<Record<Side, string>> = {
  brings:
    'With this patch there are orders of events that go wrong in ways that were not there before',
  removes: 'With this patch these are gone',
  perhapsBrings: 'Found only with this patch, but the search without it was cut short',
  perhapsRemoves: 'Found only without this patch, but the search with it was cut short',
};

function body(
  { linux, steps, patches }: Judged,
  step: JudgedStep,
  { command, value }: JudgeMailOptions,
): string[] {
  const { scenarios, notJudged } = step;
  const all = scenarios.filter(({ before, after }) => before !== null && after !== null);
  const lines = wrap(
    words(
      `I compiled ${linux} with and without ${step.patches.length > 1 ? 'these patches' : 'this patch'} and ran every order of events of ${all.map(({ name }) => name).join(', ') || 'no scenario'} with fwspec${searched(all)}.`,
    ),
    '',
    columns,
  );
  if (steps.length > 1 && step.patches.length < patches.length)
    lines.push(
      '',
      ...wrap(words('Each patch of the series was judged on those before it.'), '', columns),
    );
  for (const side of sides) {
    const found = told(scenarios, side);
    if (found.causes.length + found.races.length === 0) continue;
    lines.push('', ...wrap(words(`${sentences[side]}: ${sizeText(found)}.`), '', columns), '');
    for (const { cause } of found.causes) {
      const [first = '', ...more] = wrap(words(cause.title), '    ', columns);
      lines.push(`  - ${first.trimStart()}`, ...more);
    }
    for (const race of found.races) {
      const [first = '', ...more] = wrap(words(race.title), '    ', columns);
      lines.push(`  - ${first.trimStart()}`, ...more);
    }
  }
  const worst = sides.flatMap((side) => told(scenarios, side).causes)[0];
  const [bug] = worst?.bugs ?? [];
  if (worst !== undefined && bug !== undefined) {
    const where = isOfBefore(worst.side) ? 'without' : 'with';
    const title = `${worst.scenarios[0] ?? ''}, ${where} the patch`;
    const { lineOf } = worst;
    const shown = { title, token: null, why: worst.why(), lineOf, paths: true };
    lines.push('', ...bugMail(bug, { ...shown, ...(value ? { value } : {}) }));
  } else if (verdictOf(step) === 'nothing') {
    lines.push('', ...wrap(words('It changes nothing of what goes wrong there.'), '', columns));
  }
  if (notJudged.length > 0) {
    lines.push('', 'Not judged:', '');
    for (const { what, why } of notJudged)
      lines.push(...wrap(words(`- ${what}: ${why}`), '  ', columns));
  }
  const limits =
    'Not looked at: weak memory, interrupts, RCU and device registers; one configuration.';
  lines.push('', ...wrap(words(limits), '', columns), '', 'To see it again:', '');
  return [...lines, ...commandLines(command, '  ', columns)].map((line) => line.trimEnd());
}

function searched(scenarios: JudgedStep['scenarios']): string {
  const count = (side: 'before' | 'after'): number =>
    scenarios.reduce((sum, one) => sum + (one[side]?.outcome.executions ?? 0), 0);
  if (scenarios.length === 0) return '';
  return `: ${counted(count('before'), 'execution')} without, ${count('after')} with it`;
}
