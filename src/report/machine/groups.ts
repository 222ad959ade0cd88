// What `groups` prints: who shares an IOMMU group with whom, and what can be given to a guest.

import type {
  GroupMember,
  GroupsReport,
  GroupView,
  NamedDevice,
  Passthrough,
  UngroupedDevice,
} from '../../machine/index.ts';
import { escapeText } from '../../util/index.ts';
import { defaultWidth, plain, type Style } from '../text/style.ts';
import { facts, hanging, tableWithin, words, wrap } from '../text/wrap.ts';
import { assumedLines } from './assumed.ts';
import { killsLines, killsTitle } from './findings.ts';

/** How it is shown. */
interface Shown {
  readonly style: Style;
  /** In columns. */
  readonly width: number;
}

export interface GroupsDocument extends GroupsReport {
  readonly version: 1;
  readonly command: 'groups';
  readonly kernel: string;
}

/** The groups as the JSON document that `--json` prints. */
export function groupsJson(report: GroupsReport, kernel: string): GroupsDocument {
  return { version: 1, command: 'groups', kernel, ...report };
}

/** The groups, or the answers that were asked for. Nothing can control a terminal but `style`. */
export function groupsText(
  report: GroupsReport,
  kernel: string,
  { style = plain, width = defaultWidth }: Partial<Shown> = {},
): string[] {
  const how = { style, width };
  const { machine, groups, direct, findings = [], notes, passthrough } = report;
  const model = machine.model === '' ? 'a machine without a model name' : machine.model;
  const firmware = machine.firmware === 'none' ? 'firmware: none' : machine.firmware;
  const lines = facts([model, firmware, `kernel ${kernel}`], width);
  if (passthrough.length > 0) lines.push(...answersLines(report, how));
  else {
    lines.push('', ...groupLines(groups, how));
    if (direct.length > 0) lines.push('', ...directLines(direct, how));
  }
  if (findings.length > 0)
    lines.push('', style('bold', killsTitle(findings)), ...killsLines(findings, width));
  const shown = new Set(passthrough.map(({ device }) => device));
  const devices = [...groups.flatMap((group) => group.devices), ...direct];
  const assumed = assumedLines(
    devices.filter(({ name }) => shown.size === 0 || shown.has(name)),
    width,
  );
  if (assumed.length > 0) lines.push('', style('bold', 'What answers rest on'), ...assumed);
  if (notes.length > 0)
    lines.push(
      '',
      style('bold', 'What the input does not show'),
      ...notes.flatMap((note) => wrap(words(note), '  ', width)),
    );
  if (passthrough.length === 0) lines.push('', summary(report));
  return lines;
}

function groupLines(groups: readonly GroupView[], { style, width }: Shown): string[] {
  if (groups.length === 0) return ['no groups: no IOMMU is in the way of any device'];
  const rows = groups.flatMap(({ id, devices }) =>
    devices.map((device, i) => ({
      cells: [i === 0 ? String(id) : '', ...cells(device)],
      below: i === devices.length - 1 ? tieLines(devices, width) : [],
    })),
  );
  const [heading = '', ...body] = tableWithin(
    [['group', 'device', 'IDs', 'what it is'], ...rows],
    '',
    width,
  );
  return [style('bold', heading), ...body];
}

function cells(device: NamedDevice): string[] {
  return [escapeText(device.name), device.ids ?? '-', whatText(device)];
}

/** Class and name: `Ethernet controller, Intel Corporation 82540EM`. */
function whatText({ class_name, title, kind }: NamedDevice): string {
  const what = class_name === 'PCI bridge' && kind !== null ? `PCI bridge (${kind})` : class_name;
  return [what, title].flatMap((text) => (text === null ? [] : [escapeText(text)])).join(': ');
}

/** What ties the members of one group together, each rule once. */
function tieLines(devices: readonly GroupMember[], width: number): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, tie, reason } of devices) {
    if (tie === 'new' || devices.length === 1) continue;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].flatMap(([reason, names]) =>
    hanging(words(`${names.join(', ')}: ${reason}`), '         ', 2, width),
  );
}

/** Those that are there, and those that are not. */
function directLines(devices: readonly UngroupedDevice[], shown: Shown): string[] {
  const isThere = ({ outcome }: UngroupedDevice): boolean => outcome !== 'absent';
  const there = linesByReason('In no group: no IOMMU in the way', devices.filter(isThere), shown);
  const others = devices.filter((of) => !isThere(of));
  const missing = linesByReason('In no group: not there', others, shown);
  return [...there, ...(there.length > 0 && missing.length > 0 ? [''] : []), ...missing];
}

function linesByReason(
  heading: string,
  direct: readonly UngroupedDevice[],
  { style, width }: Shown,
): string[] {
  if (direct.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const { name, reasons } of direct) {
    const reason = reasons.join('; ') || 'for no known reason';
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [
    style('bold', heading),
    ...[...byReason].flatMap(([reason, names]) => [
      ...wrap(words(reason), '  ', width),
      ...shortened(wrap(words(names.join(', ')), '    ', width), names.length),
    ]),
  ];
}

/** Lines of names of devices without a group. */
const shownLines = 4;

function shortened(lines: readonly string[], count: number): string[] {
  if (lines.length <= shownLines) return [...lines];
  return [...lines.slice(0, shownLines - 1), `    ... (${count} devices)`];
}

/** Each answer; what is to be said of several devices alike comes once, behind all of them. */
function answersLines(report: GroupsReport, shown: Shown): string[] {
  const { passthrough } = report;
  const all = passthrough.map(({ device }) => device);
  const section = (
    title: string,
    itemsOf: (answer: Passthrough) => readonly string[],
  ): string[] => {
    const devices = new Map<string, string[]>();
    for (const answer of passthrough)
      for (const item of itemsOf(answer))
        devices.set(item, [...(devices.get(item) ?? []), answer.device]);
    const items = [...devices].map(([item, of]) =>
      of.length === all.length ? item : `${of.join(', ')}: ${item}`,
    );
    return items.length === 0 ? [] : ['', title, ...items.flatMap((of) => itemLines(of, shown))];
  };
  const isOne = passthrough.length === 1;
  return [
    ...passthrough.flatMap((answer) => [
      '',
      ...answerLines(report, answer, shown),
      ...(isOne ? companyOf(answer).flatMap((item) => itemLines(item, shown)) : []),
    ]),
    ...section('What would change it', ({ changes }) => changes),
    ...section('What else to know', (answer) => [
      ...(isOne ? [] : companyOf(answer)),
      ...answer.remarks,
    ]),
  ];
}

function itemLines(text: string, { width }: Shown): string[] {
  return hanging(words(`- ${text}`), '  ', 2, width);
}

/** What is to be known of the others in its group. */
function companyOf({ with: others, bridges }: Passthrough): string[] {
  return [
    ...(others.length === 0
      ? []
      : ['what shares its group would have to go with it, or be without a driver']),
    ...bridges.map(
      (name) => `${name} is in its group and does not count: a bridge, with pcieport or no driver`,
    ),
  ];
}

function answerLines(report: GroupsReport, answer: Passthrough, shown: Shown): string[] {
  const { style, width } = shown;
  const { device, group, alone, reasons } = answer;
  const known = [...report.groups.flatMap(({ devices }) => devices), ...report.direct];
  const found = known.find(({ name }) => name === device);
  const what = [found?.ids, found?.class_name, found?.title].flatMap((text) => text ?? []);
  const where = group === null ? 'no group' : `group ${group}`;
  const said = alone ? ['nothing else that counts is in its group'] : reasons;
  return [
    ...facts([device, ...what, where], width),
    '',
    `Can it be passed through alone?  ${alone ? style('green', 'yes') : style('red', 'no')}`,
    ...said.flatMap((item) => itemLines(item, shown)),
  ];
}

function summary({ groups, direct, names_from }: GroupsReport): string {
  const shared = groups.filter(({ devices }) => devices.length > 1).length;
  const counts = [`${groups.length} ${groups.length === 1 ? 'group' : 'groups'}`];
  if (shared > 0) counts.push(`${shared} with more than one device`);
  if (direct.length > 0) counts.push(`${direct.length} in none`);
  const names = names_from === null ? '' : `; names from ${escapeText(names_from)}`;
  return `${counts.join(', ')}${names}`;
}
