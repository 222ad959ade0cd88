// What `verify` prints: a line for each disagreement, and how many devices agree.

import type { Disagreement, FieldCount, Verification } from '../../machine/index.ts';
import { escapeText } from '../../util/index.ts';
import { counted } from '../explore/explore.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { facts, hanging, tableWithin } from '../text/wrap.ts';

/** A capture that was compared, or why it could not be. */
export interface VerifiedCapture {
  readonly capture: string;
  /** The captured kernel, and the one of the model that it was compared with; null when unread. */
  readonly release: string | null;
  readonly kernel: string | null;
  readonly verification: Verification;
  readonly error: string | null;
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
  readonly fields: readonly FieldCount[];
  readonly disagree: readonly (Disagreement & { readonly capture: string })[];
  readonly captures: readonly {
    readonly capture: string;
    readonly release: string | null;
    readonly kernel: string | null;
    readonly devices: number;
    readonly agree: number;
    readonly vacuous: boolean;
    readonly error: string | null;
  }[];
}

/** The comparisons as the JSON document that `--json` prints. */
export function verifyJson(captures: readonly VerifiedCapture[]): VerifyDocument {
  const [kernel = null, ...others] = new Set(captures.map((of) => of.kernel));
  return {
    version: 1,
    command: 'verify',
    kernel: others.length === 0 ? kernel : null,
    ...totalOf(captures),
    vacuous: captures.every(({ verification }) => verification.vacuous),
    fields: fieldsOf(captures),
    disagree: captures.flatMap(({ capture, verification }) =>
      verification.disagree.map((disagreement) => ({ ...disagreement, capture })),
    ),
    captures: captures.map(({ capture, release, kernel, verification, error }) => {
      const { devices, agree, vacuous } = verification;
      return { capture, release, kernel, devices, agree, vacuous, error };
    }),
  };
}

/** The comparisons as lines for a person. */
export function verifyText(
  captures: readonly VerifiedCapture[],
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const lines = captures.flatMap((of) => captureLines(of, { style, width }));
  return captures.length === 1 ? lines : [...lines, '', ...summary(captures, width)];
}

function captureLines(of: VerifiedCapture, { style, width }: Required<TextOptions>): string[] {
  const { capture, verification, error } = of;
  const name = escapeText(capture);
  const named = (line: string): string =>
    line.startsWith(name) ? style('bold', name) + line.slice(name.length) : line;
  if (error !== null)
    return facts([capture, `not compared: ${error}`], width).map((line) =>
      named(line.replace('not compared', style('yellow', 'not compared'))),
    );
  const { devices, agree, disagree, vacuous } = verification;
  if (vacuous) {
    const nothing = `nothing to compare: there is no IOMMU (${counted(devices, 'device')})`;
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
  const agreement = `${agree} of ${devices} devices agree`;
  return [
    ...facts([capture, kernelText(of), agreement], width).map((line) =>
      named(line.replace(agreement, style(colour, agreement))),
    ),
    ...tableWithin(rows, '  ', width),
  ];
}

/** Of another version than the captured kernel: that is worth saying. */
function kernelText({ release, kernel }: VerifiedCapture): string {
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
  const left = captures.filter(({ error }) => error !== null).length;
  const empty = captures.filter(({ verification }) => verification.vacuous).length;
  const rows = fieldsOf(captures).map(({ field, compared, present, agree }) =>
    [field, compared, present, agree, compared - agree].map(String),
  );
  return [
    ...tableWithin([['field', 'compared', 'present', 'agree', 'disagree'], ...rows], '', width),
    '',
    ...hanging(
      [
        `${counted(captures.length - left, 'capture')}: ${agree} of ${devices} devices agree`,
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
    const { compared, present, agree } = sums.get(field) ?? { compared: 0, present: 0, agree: 0 };
    sums.set(field, {
      field,
      compared: compared + count.compared,
      present: present + count.present,
      agree: agree + count.agree,
    });
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
