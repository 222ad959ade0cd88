// What `inspect` prints: tables for people, one document for programs.

import type { Finding, InspectedDevice, InspectedIommu, Inspection } from '../machine/index.ts';
import { escapeText, hex, table } from '../util/index.ts';
import { plain, type Style } from './style.ts';
import { words, wrap } from './wrap.ts';

export interface InspectDocument extends Inspection {
  readonly version: 1;
  readonly command: 'inspect';
  readonly kernel: string;
}

/** Lines of names after which the rest is only counted. */
const nameLines = 4;
/** IDs of one device that are shown. */
const shownIds = 6;

/** The inspection as the JSON document that `--json` prints. */
export function inspectJson(inspection: Inspection, kernel: string): InspectDocument {
  return { version: 1, command: 'inspect', kernel, ...inspection };
}

/** The inspection as lines for a person. Nothing in them can control a terminal but `style`. */
export function inspectText(
  inspection: Inspection,
  kernel: string,
  style: Style = plain,
): string[] {
  const { machine, iommus, devices, findings, notes } = inspection;
  const model = machine.model === '' ? 'a machine without a model name' : machine.model;
  const lines = [
    `${style('bold', escapeText(model))}   ${machine.firmware}   kernel ${escapeText(kernel)}`,
  ];
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push('', title, ...body);
  };
  section(style('bold', 'IOMMUs'), iommuLines(iommus));
  const behind = devices.filter(
    ({ outcome }) => outcome === 'translated' || outcome === 'identity',
  );
  section(style('bold', 'Behind an IOMMU'), behindLines(behind));
  const rest = [
    ['failed', style('red', 'Failed')],
    ['deferred', style('yellow', 'Deferred')],
    ['direct', style('bold', 'Direct: no IOMMU in the way')],
  ] as const;
  for (const [outcome, title] of rest) {
    section(title, byReason(devices.filter((device) => device.outcome === outcome)));
  }
  section(
    style('bold', 'Findings'),
    findings.flatMap((finding) => findingLines(finding, style)),
  );
  section(
    style('bold', 'What the input does not show'),
    notes.flatMap((note) => wrap(words(note), '  ')),
  );
  lines.push('', summary(inspection));
  return lines;
}

function iommuLines(iommus: readonly InspectedIommu[]): string[] {
  if (iommus.length === 0) return ['  none'];
  const rows = iommus.map(({ name, driver, state, cells, path }) => [
    escapeText(name),
    driver ?? '-',
    state,
    cells === null ? '-' : String(cells),
    escapeText(path),
  ]);
  return indent(table([['name', 'driver', 'state', 'cells', 'node'], ...rows]));
}

function behindLines(devices: readonly InspectedDevice[]): string[] {
  if (devices.length === 0) return [];
  const rows = devices.map((device) => [
    escapeText(device.name),
    device.outcome,
    device.group === null ? '-' : String(device.group),
    device.domain ?? '-',
    device.iommus.map(idsText).join(', '),
  ]);
  const [heading = '', ...body] = table([['device', 'outcome', 'group', 'domain', 'IDs'], ...rows]);
  const lines = devices.flatMap(({ reasons }, i) => [
    body[i] ?? '',
    ...reasons.flatMap((reason) => wrap(words(reason), '  ', 98)),
  ]);
  return indent([heading, ...lines]);
}

function idsText({ iommu, ids }: InspectedDevice['iommus'][number]): string {
  const shown = ids
    .slice(0, shownIds)
    .map(({ id, mask }) => (mask === 0 ? hex(id) : `${hex(id)}/${hex(mask)}`));
  if (ids.length > shownIds) shown.push(`and ${ids.length - shownIds} more`);
  return [escapeText(iommu), ...shown].join(' ');
}

/** Devices that are where they are for the same reasons, together. */
function byReason(devices: readonly InspectedDevice[]): string[] {
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
    return [...wrap(words(text), '  '), ...shortened(wrap(listed, '    '), members.length)];
  });
}

/** As many lines of names as fit, and how many devices they are of. */
function shortened(lines: readonly string[], count: number): string[] {
  if (lines.length <= nameLines) return [...lines];
  return [...lines.slice(0, nameLines - 1), `    ... (${count} devices)`];
}

function findingLines(
  { rule, severity, node, property, offset, message, help }: Finding,
  style: Style,
): string[] {
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  const place = [
    escapeText(node),
    property === null ? '' : escapeText(property),
    offset === null ? '' : `at offset ${hex(offset)}`,
  ].filter((part) => part !== '');
  return [
    `  ${style(colour, severity)} ${rule}: ${place.join(' ')}`,
    ...wrap(words(message), '    '),
    ...wrap(words(`help: ${help}`), '    '),
  ];
}

function summary({ devices, findings }: Inspection): string {
  const outcomes = ['translated', 'identity', 'direct', 'deferred', 'failed'] as const;
  const counts = outcomes
    .map((outcome) => [devices.filter((device) => device.outcome === outcome).length, outcome])
    .filter(([count]) => count !== 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  const severities = ['error', 'warning', 'note'] as const;
  const found = severities
    .map((severity) => {
      const count = findings.filter((finding) => finding.severity === severity).length;
      return count === 0 ? '' : plural(count, severity);
    })
    .filter((text) => text !== '');
  const counted = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  return `${plural(devices.length, 'device')}${counted}; ${found.join(', ') || 'no findings'}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
