// The first screen of `check`: what firmware says, what each device gets, and what the kernel can do
// wrong, which is nobody's fault who wrote the firmware.

import type { Finding, InspectedDevice, Inspection } from '../../machine/index.ts';
import { escapeText, groupBy, hex } from '../../util/index.ts';
import { bugTitle, counted } from '../explore/explore.ts';
import { assumedCounts } from '../machine/assumed.ts';
import {
  type GroupedFinding,
  killsText,
  severityCounts,
  withNodes,
  worstFirst,
} from '../machine/findings.ts';
import { defaultWidth, plain, type Style, type TextOptions } from '../text/style.ts';
import { words, wrap } from '../text/wrap.ts';
import {
  type CheckedSearch,
  isComplete,
  type KernelCause,
  type KernelVerdict,
  type SearchLeft,
} from './verdict.ts';

/** What a check looks at. */
export interface CheckSubject {
  /** The machine as the command line names it. */
  readonly machine: string;
  readonly kernel: string;
  readonly inspection: Inspection;
  /** How many rules there are for what kind of firmware it has. */
  readonly rules: number;
}

/** Where the text of each part begins. */
const margin = ' '.repeat(11);
/** How many kinds of findings, reasons and causes are told; the rest is counted. */
const most = 4;

/** What firmware says, and what each device gets: all that is known before anything is explored. */
export function checkFirmwareText(
  { machine, kernel, inspection, rules }: CheckSubject,
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const { firmware } = inspection.machine;
  const kind = firmware === 'none' ? 'no firmware' : firmware;
  const title = [style('bold', escapeText(machine)), kind, `Linux ${escapeText(kernel)}`];
  return [
    title.join('   '),
    ...part('firmware', firmwareLines(inspection.findings, rules, style, width), style),
    ...part('devices', deviceLines(inspection, width), style),
  ];
}

/** A part of the screen: its name stands before the first line. */
function part(name: string, [first = '', ...others]: readonly string[], style: Style): string[] {
  return [style('bold', name.padEnd(margin.length)) + first, ...others];
}

function firmwareLines(
  findings: readonly Finding[],
  rules: number,
  style: Style,
  width: number,
): string[] {
  if (findings.length === 0)
    return [`${style('green', 'ok')}: ${counted(rules, 'rule')}, nothing found`];
  const counts = severityCounts(findings);
  const bad = findings.some(({ severity }) => severity === 'error');
  const groups = worstFirst(withNodes(findings));
  const rest = groups.slice(most);
  return [
    bad ? style('red', counts) : `${style('green', 'ok')}, but ${counts}`,
    ...groups.slice(0, most).flatMap((group) => findingLines(group, style, width)),
    ...(rest.length === 0 ? [] : [`${margin}and ${severityCounts(rest)} more: --full`]),
  ];
}

function findingLines(finding: GroupedFinding, style: Style, width: number): string[] {
  const { rule, severity, node, nodes, property, offset, file, line, message, help } = finding;
  const kills = killsText(finding);
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  const written = line === undefined ? '' : `${file}:${line} `;
  // Of a table it is the one thing that says where: a node of a devicetree has a path.
  const isInTable = property === null && !node.startsWith('/');
  const at = isInTable && offset !== null ? ` at offset ${hex(offset)}` : '';
  const where = written + (property === null ? node : `${node} ${property}`) + at;
  const others = nodes.length > 1 ? ` and ${nodes.length - 1} more` : '';
  const head = `  ${severity}`.padEnd(margin.length);
  const [first = '', ...more] = wrap(words(`${rule}: ${where}${others}`), margin, width);
  return [
    style(colour, head) + first.slice(head.length),
    ...more,
    ...wrap(words(message), margin, width),
    ...(kills === null ? [] : wrap(words(kills), margin, width)),
    ...wrap(words(`help: ${help}`), margin, width),
  ];
}

/** Who is behind which IOMMU, and who is not, and why. */
function deviceLines({ machine, devices, iommus, groups }: Inspection, width: number): string[] {
  const behind = devices.filter(
    ({ outcome }) => outcome === 'translated' || outcome === 'identity',
  );
  const identity = behind.filter(({ outcome }) => outcome === 'identity').length;
  const lines: string[] = [];
  if (behind.length > 0) {
    const used = [...new Set(behind.flatMap((of) => of.iommus.map(({ iommu }) => iommu)))];
    const named = used.length > 2 ? counted(used.length, 'IOMMU') : used.join(' and ');
    const isShown = machine.firmware !== 'none';
    const which = isShown ? named : 'an IOMMU that is assumed, as nothing shows one,';
    const through = identity === 0 ? '' : `, ${identity} of them untranslated: identity domain`;
    lines.push(`${behind.length} behind ${which} in ${counted(groups.length, 'group')}${through}`);
  } else {
    const described = iommus.length === 0 ? 'no IOMMU' : counted(iommus.length, 'IOMMU');
    lines.push(`none is behind an IOMMU; firmware describes ${described}`);
  }
  const others = (['failed', 'deferred', 'absent', 'direct'] as const).flatMap((outcome) =>
    reasonsOf(devices.filter((of) => of.outcome === outcome)).map((group) => ({
      outcome,
      ...group,
    })),
  );
  for (const { outcome, reason, members } of others.slice(0, most))
    lines.push(`${members.length} ${outcome}: ${reason}${listed(members)}`);
  const rest = others.slice(most).reduce((sum, { members }) => sum + members.length, 0);
  if (rest > 0) lines.push(`${rest} more that are behind none: --full`);
  const assumed = assumedCounts(devices);
  if (assumed.length > 0) lines.push(`assumed: ${assumed.join(', ')}: --full`);
  const [first = '', ...more] = lines.flatMap((line) => wrap(words(line), margin, width));
  return [first.slice(margin.length), ...more];
}

/** Devices that are where they are for the same reason, the few before the many. */
function reasonsOf(
  devices: readonly InspectedDevice[],
): { readonly reason: string; readonly members: readonly InspectedDevice[] }[] {
  return [...groupBy(devices, reasonOf)]
    .map(([reason, members]) => ({ reason, members }))
    .sort((a, b) => a.members.length - b.members.length);
}

/** The first reason of a device; those that differ in a number only are the same one. */
export function reasonOf({ reasons }: InspectedDevice): string {
  return (reasons[0] ?? 'for no known reason').replaceAll(/0x[0-9a-f]+/g, '0x..');
}

/** Which ones, where there are few. */
function listed(members: readonly InspectedDevice[]): string {
  return members.length > 3 ? '' : ` (${members.map(({ name }) => name).join(', ')})`;
}

/** What the kernel can do wrong. `lanes` shows the worst of it. */
export function checkKernelText(
  verdict: KernelVerdict,
  lanes: (cause: KernelCause, width: number) => readonly string[],
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const { causes, dataRaces } = verdict;
  const shown = causes.slice(0, most);
  const lines = shown.flatMap((cause, i) => [
    ...causeLines(cause, i + 1, style, width),
    ...(i === 0 ? lanes(cause, width - 5).map((line) => `     ${line}`.trimEnd()) : []),
  ]);
  const hidden = causes.length - shown.length;
  const more = [
    hidden === 0 ? '' : `${hidden} more`,
    dataRaces.length === 0 ? '' : counted(dataRaces.length, 'data race'),
  ].filter((text) => text !== '');
  const and = causes.length === 0 ? '' : 'and ';
  const where = [
    ...(more.length === 0 ? [] : [`${and}${more.join(', ')}: --full`]),
    ...(causes.some(({ judgement }) => judgement !== null) ? ['reports: docs/findings.md'] : []),
  ];
  if (where.length > 0) lines.push(...wrap([where.join('; ')], '     ', width));
  return [
    ...part('kernel', wrap(words(headline(verdict)), margin, width).map(cut), style),
    ...lines,
    ...searchedLines(verdict, style, width),
  ];
}

/** The first line goes behind the name of the part. */
function cut(line: string, i: number): string {
  return i === 0 ? line.slice(margin.length) : line;
}

function headline({ verdict, nothing, causes, dataRaces }: KernelVerdict): string {
  if (nothing !== null) return `nothing to explore: ${nothing}`;
  const ofModel = causes.filter(({ judgement }) => judgement?.status === 'model-only').length;
  const problems = causes.length - ofModel;
  if (problems > 0) {
    const also = ofModel === 0 ? '' : `, ${ofModel} of the model only`;
    return `${counted(problems, 'problem')} possible while it boots${also} (not your firmware's fault)`;
  }
  if (ofModel > 0) return `no problem known while it boots; ${ofModel} of the model only`;
  if (dataRaces.length > 0) return 'no problem found while it boots but data races';
  return verdict === 'clean' ? 'no problem in any order while it boots' : 'no problem found so far';
}

/** What happens, because of what, and how sure that is. */
function causeLines(cause: KernelCause, number: number, style: Style, width: number): string[] {
  const { bug, title, sites, preemptions, judgement } = cause;
  const places = sites.length === 1 ? [] : [`${sites.length} places`];
  const facts = [...places, counted(preemptions, 'preemption')].join(', ');
  const colour = judgement?.status === 'model-only' ? 'dim' : 'red';
  const head = `${String(number).padStart(3)}  `;
  const what = judgement === null ? bugTitle(bug) : escapeText(judgement.name);
  const text = `${statusText(judgement)}: ${what}`;
  const [first = '', ...more] = wrap(text.split(' '), '     ', width);
  return [
    head + style(colour, first.slice(head.length)),
    ...more.map((line) => style(colour, line)),
    ...wrap(words(`${title}; ${facts}`), '     ', width),
  ];
}

function statusText(judgement: KernelCause['judgement']): string {
  if (judgement === null) return 'not looked into';
  if (judgement.status === 'model-only') return 'of the model only';
  return `${judgement.status}, ${judgement.reported === '' ? 'not reported' : 'reported'}`;
}

/** What was looked at, and what was not. */
function searchedLines(
  { searches, left, nothing }: KernelVerdict,
  style: Style,
  width: number,
): string[] {
  if (nothing !== null) return [];
  const cutShort = searches.filter((search) => !isComplete(search));
  const executions = searches.reduce((sum, of) => sum + of.exploration.outcome.executions, 0);
  const all = cutShort.length + left.length === 0 ? 'all ' : '';
  const made = `${counted(searches.length, 'exploration')} on ${devicesText(searches)}: ${all}${counted(executions, 'execution')}`;
  const lines = part('explored', wrap(words(made), margin, width).map(cut), style);
  if (cutShort.length + left.length === 0) return lines;
  const missing = [
    ...cutShort.map(({ exploration, devices }) => ({ scenario: exploration.scenario, devices })),
    ...left,
  ];
  const total = searches.length + left.length;
  const what = `incomplete: ${cutShort.length} of ${counted(total, 'exploration')} cut short, ${left.length} not begun (${namesText(missing)}): what was not looked at may hold more`;
  return [...lines, ...wrap(words(what), margin, width).map((line) => style('yellow', line))];
}

function devicesText(searches: readonly CheckedSearch[]): string {
  const shapes = [...new Set(searches.map(({ devices }) => devices))];
  const [first = [], ...others] = shapes;
  if (others.length > 0) {
    const count = shapes.reduce((sum, devices) => sum + devices.length, 0);
    return `${counted(shapes.length, 'shape')} of ${counted(count, 'device')}`;
  }
  const like = first.length > 1 ? ` and ${first.length - 1} like it` : '';
  return `${first[0] ?? ''}${like}`;
}

function namesText(missing: readonly SearchLeft[]): string {
  const names = missing.map(({ scenario, devices }) => `${scenario} on ${devices[0] ?? ''}`);
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more}`;
}
