// What `verify` prints: a line for each disagreement, and how many devices agree.

import type { Disagreement, FieldCount, SetAside, Verification } from '../../machine/index.ts';
import type { NotRaced, Races } from '../../scenarios/index.ts';
import { escapeText } from '../../util/index.ts';
import { counted } from '../explore/explore.ts';
import type { LaneOptions } from '../lanes/lanes.ts';
import { defaultWidth, plain } from '../text/style.ts';
import { facts, hanging, tableWithin } from '../text/wrap.ts';
import { killsLines } from './findings.ts';
import { type RacedDocument, racedJson, racedText, soughtText } from './raced.ts';

/** A capture that was compared, or why it could not be. */
export interface VerifiedCapture {
  readonly capture: string;
  /** The captured kernel, and the one of the model that it was compared with; null when unread. */
  readonly release: string | null;
  readonly kernel: string | null;
  /** The answers say some things only. */
  readonly partial: boolean;
  readonly verification: Verification;
  /** What an order of events explains of the disagreements. */
  readonly races: Races;
  readonly error: string | null;
}

/** What no order of events explains. */
export function disagreementsOf({ verification, races }: VerifiedCapture): Disagreement[] {
  const raced = new Set(races.raced.map(({ device }) => device));
  return verification.disagree.filter(({ device }) => !raced.has(device));
}

export interface VerifyDocument {
  readonly version: 1;
  readonly command: 'verify';
  /** Null when not all captures are of one kernel. */
  readonly kernel: string | null;
  readonly devices: number;
  readonly agree: number;
  /** In no capture there was anything to be wrong about. */
  readonly vacuous: boolean;
  /** Every capture was compared: nobody interrupted it, and its time was enough. */
  readonly complete: boolean;
  readonly fields: readonly FieldCount[];
  readonly disagree: readonly (Disagreement & { readonly capture: string })[];
  /** Devices for which some order of events gives what was seen: they neither agree nor disagree. */
  readonly raced: readonly RacedDocument[];
  /** Differences that were made by hand after the boot, and what the tracer lost. */
  readonly aside: readonly (SetAside & { readonly capture: string })[];
  /** Disagreements for which such an order was looked for in vain. */
  readonly sought: readonly (NotRaced & { readonly capture: string })[];
  readonly captures: readonly {
    readonly capture: string;
    readonly release: string | null;
    readonly kernel: string | null;
    readonly partial: boolean;
    readonly devices: number;
    readonly agree: number;
    readonly raced: number;
    readonly aside: number;
    readonly disagree: number;
    readonly vacuous: boolean;
    readonly error: string | null;
    readonly findings?: Verification['findings'];
  }[];
}

/** The comparisons as the JSON document that `--json` prints. */
export function verifyJson(captures: readonly VerifiedCapture[], complete = true): VerifyDocument {
  const [kernel = null, ...others] = new Set(captures.map((of) => of.kernel));
  return {
    version: 1,
    command: 'verify',
    kernel: others.length === 0 ? kernel : null,
    ...totalOf(captures),
    vacuous: captures.every(({ verification }) => verification.vacuous),
    complete,
    fields: fieldsOf(captures),
    disagree: captures.flatMap((of) =>
      disagreementsOf(of).map((disagreement) => ({ ...disagreement, capture: of.capture })),
    ),
    raced: captures.flatMap(({ capture, races }) =>
      races.raced.map((device) => racedJson(capture, device)),
    ),
    aside: captures.flatMap(({ capture, verification }) =>
      verification.aside.map((row) => ({ ...row, capture })),
    ),
    sought: captures.flatMap(({ capture, races }) =>
      races.sought.map((device) => ({ ...device, capture })),
    ),
    captures: captures.map((of) => {
      const { capture, release, kernel, partial, verification, error } = of;
      const { devices, agree, vacuous } = verification;
      const { raced, aside, disagree } = countsOf(of);
      const { findings } = verification;
      const counts = { devices, agree, raced, aside, disagree, vacuous };
      return {
        ...{ capture, release, kernel, partial, ...counts, error },
        ...(findings === undefined ? {} : { findings }),
      };
    }),
  };
}

/** How many devices did what, of those that do not agree. A device that disagrees is nothing else. */
function countsOf(of: VerifiedCapture): { raced: number; aside: number; disagree: number } {
  const disagree = new Set(disagreementsOf(of).map(({ device }) => device));
  const raced = of.races.raced.filter(({ device }) => !disagree.has(device)).length;
  const { devices, agree } = of.verification;
  return { raced, aside: devices - agree - raced - disagree.size, disagree: disagree.size };
}

/** The comparisons as lines for a person. */
export function verifyText(
  captures: readonly VerifiedCapture[],
  { style = plain, width = defaultWidth, value = ({ value }) => value }: LaneOptions = {},
): string[] {
  const lines = captures.flatMap((of) => captureLines(of, { style, width, value }));
  return captures.length === 1 ? lines : [...lines, '', ...summary(captures, width)];
}

function captureLines(
  of: VerifiedCapture,
  { style, width, value }: Required<Pick<LaneOptions, 'style' | 'width' | 'value'>>,
): string[] {
  const { capture, verification, error } = of;
  const name = escapeText(capture);
  const named = (line: string): string =>
    line.startsWith(name) ? style('bold', name) + line.slice(name.length) : line;
  if (error !== null)
    return facts([capture, `not compared: ${error}`], width).map((line) =>
      named(line.replace('not compared', style('yellow', 'not compared'))),
    );
  const { devices, agree, aside, vacuous, findings = [] } = verification;
  const disagree = disagreementsOf(of);
  if (vacuous) {
    const why = of.partial ? 'the answers say nothing of IOMMUs' : 'there is no IOMMU';
    const nothing = `nothing to compare: ${why} (${counted(devices, 'device')})`;
    return facts([capture, kernelText(of), nothing], width).map((line) =>
      named(line.replace(nothing, style('yellow', nothing))),
    );
  }
  const colour = disagree.length === 0 ? 'green' : 'red';
  const rows = disagree.map(({ device, field, predicted, observed }) => [
    escapeText(device),
    field,
    `predicted ${valueText(predicted)}`,
    `observed ${valueText(observed)}`,
  ]);
  const agreement = agreementText(agree, devices, countsOf(of), aside);
  return [
    ...facts([capture, kernelText(of), agreement], width).map((line) =>
      named(line.replace(agreement, style(colour, agreement))),
    ),
    ...killsLines(findings, width),
    ...(of.partial ? partialText(verification, width) : []),
    ...tableWithin(rows, '  ', width),
    ...soughtText(of.races.sought, width),
    ...tableWithin(aside.map(asideRow), '  ', width),
    ...racedText(of.races.raced, { style, width, value }),
  ];
}

/** What answers that are no capture were compared in: they do not say the rest. */
function partialText({ fields, disagree }: Verification, width: number): string[] {
  const told = fields
    .filter(({ field, compared }) => field !== 'device' && compared > 0)
    .map(({ field, compared, present }) => {
      const having = present === compared ? '' : ` (${present} with one)`;
      return `${field} of ${counted(compared, 'device')}${having}`;
    });
  const out = disagree.some(({ field, observed }) => field === 'group' && observed === null);
  const lines = [
    `compared is what the answers say: ${told.join(', ')}`,
    ...(out ? ['not said: which drivers came; without one a device may be in no group'] : []),
  ];
  return lines.flatMap((line) => hanging(line.split(' '), '  ', 2, width));
}

/** `50 of 52 devices agree, 1 raced, 1 done by hand`. */
function agreementText(
  agree: number,
  devices: number,
  { raced, aside }: { readonly raced: number; readonly aside: number },
  rows: readonly SetAside[],
): string {
  const reasons = [...new Set(rows.map(({ why }) => why))].sort().join(' or ');
  const others = [
    raced === 0 ? '' : `, ${raced} raced`,
    aside === 0 ? '' : `, ${aside} ${reasons}`,
  ];
  return `${agree} of ${devices} devices agree${others.join('')}`;
}

function asideRow({ device, field, predicted, observed, why }: SetAside): string[] {
  return [
    escapeText(device),
    why,
    `${field}: predicted ${valueText(predicted)}, observed ${valueText(observed)}`,
  ];
}

/** Of another version than the captured kernel: that is worth saying. */
function kernelText({ release, kernel }: VerifiedCapture): string {
  if (release === null) return `kernel ${kernel}; the answers name none`;
  const [version = ''] = /^\d+\.\d+/.exec(release ?? '') ?? [];
  const nearest = kernel === `v${version}` ? '' : ', which is not modelled itself';
  return `kernel ${kernel} for ${release ?? ''}${nearest}`;
}

function valueText(value: Disagreement['predicted']): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return escapeText(typeof value === 'object' ? value.join(' ') : String(value));
}

function summary(captures: readonly VerifiedCapture[], width: number): string[] {
  const { devices, agree } = totalOf(captures);
  const counts = captures.map(countsOf);
  const raced = counts.reduce((sum, of) => sum + of.raced, 0);
  const aside = counts.reduce((sum, of) => sum + of.aside, 0);
  const rows = captures.flatMap(({ verification }) => verification.aside);
  const left = captures.filter(({ error }) => error !== null).length;
  const empty = captures.filter(({ verification }) => verification.vacuous).length;
  const table = fieldsOf(captures).map(({ field, compared, present, agree, aside }) =>
    [field, compared, present, agree, aside, compared - agree - aside].map(String),
  );
  return [
    ...tableWithin(
      [['field', 'compared', 'present', 'agree', 'aside', 'disagree'], ...table],
      '',
      width,
    ),
    '',
    ...hanging(
      [
        `${counted(captures.length - left, 'capture')}: ${agreementText(agree, devices, { raced, aside }, rows)}`,
        left === 0 ? '' : `; ${left} not compared`,
        empty === 0 ? '' : `; ${empty} without an IOMMU, where agreement says nothing`,
      ]
        .join('')
        .split(' '),
      '',
      2,
      width,
    ),
  ];
}

/** Field by field, all captures together. */
function fieldsOf(captures: readonly VerifiedCapture[]): FieldCount[] {
  const sums = new Map<FieldCount['field'], FieldCount>();
  for (const count of captures.flatMap(({ verification }) => verification.fields)) {
    const { field } = count;
    const before = sums.get(field) ?? { compared: 0, present: 0, agree: 0, aside: 0 };
    sums.set(field, {
      field,
      compared: before.compared + count.compared,
      present: before.present + count.present,
      agree: before.agree + count.agree,
      aside: before.aside + count.aside,
    });
  }
  for (const { field } of captures.flatMap(({ races }) =>
    races.raced.flatMap(({ rows }) => rows),
  )) {
    const sum = sums.get(field);
    if (sum !== undefined) sums.set(field, { ...sum, aside: sum.aside + 1 });
  }
  return [...sums.values()];
}

function totalOf(captures: readonly VerifiedCapture[]): { devices: number; agree: number } {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    devices: sum(captures.map(({ verification }) => verification.devices)),
    agree: sum(captures.map(({ verification }) => verification.agree)),
  };
}
