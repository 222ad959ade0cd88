// What `inspect` prints: tables for people, one document for programs.

import type { InspectedDevice, InspectedIommu, Inspection } from '../../machine/index.ts';
import { escapeText, hex } from '../../util/index.ts';
import { defaultWidth, plain, type Style, type TextOptions } from '../text/style.ts';
import { facts, hanging, tableWithin, words, wrap } from '../text/wrap.ts';
import { assumedLines } from './assumed.ts';
import { type GroupedFinding, killsText, severityCounts, withNodes } from './findings.ts';

export interface InspectDocument extends Inspection {
  readonly version: 1;
  readonly command: 'inspect';
  readonly kernel: string;
  /** What firmware or a bus describes, and nobody has made, or found. */
  readonly absent: readonly AbsentDevice[];
}

export type AbsentDevice = Pick<
  InspectedDevice,
  'name' | 'path' | 'bus' | 'firmware_node' | 'reasons' | 'assumes'
>;

/** Lines of names after which the rest is only counted. */
const nameLines = 4;
/** IDs of one device that are shown. */
const shownIds = 6;

/** The inspection as the JSON document that `--json` prints. */
export function inspectJson(inspection: Inspection, kernel: string): InspectDocument {
  const isThere = ({ outcome }: InspectedDevice): boolean => outcome !== 'absent';
  return {
    version: 1,
    command: 'inspect',
    kernel,
    ...inspection,
    devices: inspection.devices.filter(isThere),
    absent: inspection.devices.filter((device) => !isThere(device)).map(absentOf),
  };
}

function absentOf({
  name,
  path,
  bus,
  firmware_node,
  reasons,
  assumes,
}: InspectedDevice): AbsentDevice {
  const device = { name, path, bus, firmware_node, reasons };
  return assumes === undefined ? device : { ...device, assumes };
}

/** The inspection as lines for a person. Nothing in them can control a terminal but `style`. */
export function inspectText(
  inspection: Inspection,
  kernel: string,
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const { machine, iommus, devices, findings, notes } = inspection;
  const model = machine.model === '' ? 'a machine without a model name' : machine.model;
  const name = escapeText(model);
  const lines = facts(
    [model, machine.firmware === 'none' ? 'firmware: none' : machine.firmware, `kernel ${kernel}`],
    width,
  ).map((line) => (line.startsWith(name) ? style('bold', name) + line.slice(name.length) : line));
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push('', title, ...body);
  };
  section(
    style('bold', 'IOMMUs'),
    machine.firmware === 'none' ? ['  not known: one is assumed'] : iommuLines(iommus, width),
  );
  const behind = devices.filter(
    ({ outcome }) => outcome === 'translated' || outcome === 'identity',
  );
  section(style('bold', 'Behind an IOMMU'), behindLines(behind, width));
  const rest = [
    ['failed', style('red', 'Failed')],
    ['deferred', style('yellow', 'Deferred')],
    ['absent', style('yellow', 'Not there')],
    ['direct', style('bold', 'Direct: no IOMMU in the way')],
  ] as const;
  for (const [outcome, title] of rest) {
    section(
      title,
      byReason(
        devices.filter((device) => device.outcome === outcome),
        width,
      ),
    );
  }
  section(
    style('bold', 'Findings'),
    withNodes(findings).flatMap((finding) => findingLines(finding, style, width)),
  );
  section(style('bold', 'What answers rest on'), assumedLines(devices, width));
  section(
    style('bold', 'What the input does not show'),
    notes.flatMap((note) => wrap(words(note), '  ', width)),
  );
  lines.push('', ...hanging(words(summary(inspection)), '', 2, width));
  return lines;
}

function iommuLines(iommus: readonly InspectedIommu[], width: number): string[] {
  if (iommus.length === 0) return ['  none'];
  const rows = iommus.map(({ name, driver, state, cells, path }) => [
    escapeText(name),
    driver ?? '-',
    state,
    cells === null ? '-' : String(cells),
    escapeText(path),
  ]);
  return tableWithin([['name', 'driver', 'state', 'cells', 'node'], ...rows], '  ', width);
}

function behindLines(devices: readonly InspectedDevice[], width: number): string[] {
  if (devices.length === 0) return [];
  const rows = devices.map((device) => ({
    cells: [
      escapeText(device.name),
      device.outcome,
      device.group === null ? '-' : String(device.group),
      device.domain ?? '-',
      device.iommus.map(idsText).join(', '),
    ],
    below: device.reasons.flatMap((reason) => wrap(words(reason), '    ', width)),
  }));
  const heading = { cells: ['device', 'outcome', 'group', 'domain', 'IDs'], below: [] };
  return tableWithin([heading, ...rows], '  ', width);
}

function idsText({ iommu, ids }: InspectedDevice['iommus'][number]): string {
  const shown = ids
    .slice(0, shownIds)
    .map(({ id, mask }) => (mask === 0 ? hex(id) : `${hex(id)}/${hex(mask)}`));
  if (ids.length > shownIds) shown.push(`and ${ids.length - shownIds} more`);
  return [escapeText(iommu), ...shown].join(' ');
}

/** Devices that are where they are for the same reasons, together. */
function byReason(devices: readonly InspectedDevice[], width: number): string[] {
  const groups = new Map<string, { reasons: readonly string[]; devices: InspectedDevice[] }>();
  for (const device of devices) {
    const key = device.reasons.join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { reasons: device.reasons, devices: [device] });
    else group.devices.push(device);
  }
  // The many that nothing is described for come after the few that something happened to.
  const few = [...groups.values()].sort((a, b) => a.devices.length - b.devices.length);
  return few.flatMap(({ reasons, devices: members }) => {
    const names = members.map(({ name }) => escapeText(name));
    const listed = names.map((name, i) => (i < names.length - 1 ? `${name},` : name));
    const text = reasons.length === 0 ? 'for no known reason' : reasons.join('; ');
    return [
      ...wrap(words(text), '  ', width),
      ...shortened(wrap(listed, '    ', width), members.length),
    ];
  });
}

/** As many lines of names as fit, and how many they are of. */
function shortened(lines: readonly string[], count: number, noun = 'device'): string[] {
  if (lines.length <= nameLines) return [...lines];
  return [...lines.slice(0, nameLines - 1), `    ... (${plural(count, noun)})`];
}

function findingLines(finding: GroupedFinding, style: Style, width: number): string[] {
  const {
    rule,
    severity,
    node,
    property,
    offset,
    file,
    line,
    message,
    help,
    nodes,
    devices = [],
  } = finding;
  const kills = killsText(finding);
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  const place = [
    line === undefined ? '' : `${escapeText(file ?? '')}:${line}`,
    escapeText(node),
    property === null ? '' : escapeText(property),
    offset === null || line !== undefined ? '' : `at offset ${hex(offset)}`,
  ].filter((part) => part !== '');
  return [
    ...hanging([severity, `${rule}:`, ...place.join(' ').split(' ')], '  ', 4, width).map(
      (line, i) => (i === 0 ? line.replace(severity, style(colour, severity)) : line),
    ),
    ...othersLines(nodes.slice(1), width),
    ...wrap(words(message), '    ', width),
    ...listedLines('whom:', devices, width),
    ...(kills === null ? [] : wrap(words(kills), '    ', width)),
    ...wrap(words(`help: ${help}`), '    ', width),
  ];
}

/** The other nodes of which the same is to be said. */
function othersLines(nodes: readonly string[], width: number): string[] {
  return listedLines(`and ${nodes.length} more like it:`, nodes, width);
}

function listedLines(heading: string, nodes: readonly string[], width: number): string[] {
  if (nodes.length === 0) return [];
  const listed = nodes.map((node, i) => escapeText(node) + (i < nodes.length - 1 ? ',' : ''));
  return shortened(wrap([...heading.split(' '), ...listed], '    ', width), nodes.length, 'node');
}

function summary({ devices, findings }: Inspection): string {
  const outcomes = ['translated', 'identity', 'direct', 'deferred', 'failed', 'absent'] as const;
  const counts = outcomes
    .map((outcome) => [devices.filter((device) => device.outcome === outcome).length, outcome])
    .filter(([count]) => count !== 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  const counted = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  return `${plural(devices.length, 'device')}${counted}; ${severityCounts(findings) || 'no findings'}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
