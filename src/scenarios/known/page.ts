import { type Finding, type Found, oddities, type Status, searched } from './finding.ts';
import { afterword, intro } from './frame.ts';
import { sections } from './sections.ts';

/** docs/findings.md. */
export function findingsPage(): string {
  const told = sections.flatMap(({ title, intro: about, findings }) => [
    `## ${title}`,
    '',
    ...paragraph(about),
    ...findings.flatMap(findingText),
  ]);
  return [...intro, '', ...told, ...afterword, ''].join('\n');
}

function findingText(finding: Finding): string[] {
  const { name, text, found } = finding;
  const rows = paragraph(found.map((row) => rowText(row, name)));
  return [`### ${name}`, '', ...text, '', summary(finding), '', ...rows];
}

const words: Record<Status, string> = {
  real: 'Real',
  narrow: 'Narrow',
  'model-only': 'Model only',
};

function summary({ status, reported, kernels: [from, until] }: Finding): string {
  const end =
    until === null ? (isRelease(from) ? 'still there' : 'in no release') : `gone in ${until}`;
  const where = reported === '' ? `no report known (${searched})` : reported;
  return `_${words[status]}. Since ${from}, ${end}. Reported: ${where}._`;
}

function rowText(row: Found, finding: string): string {
  const { on, in: scenarios, with: driver, firmware, bus, bridge, shape, bugs } = row;
  const behind = driver === undefined ? '' : ` with \`${driver}\``;
  const described = firmware === undefined ? '' : ` by \`--firmware ${firmware}\``;
  const there = bus === undefined ? '' : ` by \`--bus ${bus}\``;
  const below = bridge === undefined ? '' : ` by \`--bridge ${bridge}\``;
  const asked = shape === undefined ? '' : ` by \`${oddities[shape]}\``;
  const same = row.followed === false ? `; same cause as "${finding}"; not followed by itself` : '';
  return `- on ${on.join(', ')}: ${codes(scenarios)}${described}${there}${below}${asked}${behind}: ${codes(bugs)}${same}`;
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

function isRelease(kernel: string): boolean {
  return /^v\d/.test(kernel);
}
