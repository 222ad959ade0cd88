import { counted } from '../explore/explore.ts';
import {
  type Comparison,
  cellHelp,
  cellText,
  completenessText,
  isDataRace,
  type LegendEntry,
  legendOf,
  matrixOf,
  whereOf,
} from './compare.ts';

/** The comparison as Markdown: the matrix, the searches in numbers, and every bug. */
export function compareMarkdown(comparison: Comparison, kinds: readonly string[]): string[] {
  const { kernels, rows } = comparison;
  const matrix = matrixOf(comparison);
  const legend = legendOf(comparison, kinds);
  const names = matrix.map(({ scenario, driver }) =>
    driver === null ? scenario : `${scenario} (${driver})`,
  );
  const perKernel = (text: (cell: Comparison['rows'][number] | null) => string): string[][] =>
    matrix.map(({ cells }, i) => [names[i] ?? '', ...cells.map(text)]);
  return [
    `${counted(rows.length, 'cell')}, ${completenessText(comparison)}. ${cellHelp}.`,
    '',
    ...markdownTable([['scenario', ...kernels], ...perKernel(cellText)]),
    '',
    'How many executions each search took:',
    '',
    ...markdownTable([
      ['scenario', ...kernels],
      ...perKernel((cell) => (cell === null ? '-' : String(cell.executions))),
    ]),
    ...bugTable(
      'Bugs',
      legend.filter(({ id }) => !isDataRace(id)),
    ),
    ...bugTable(
      'Data races',
      legend.filter(({ id }) => isDataRace(id)),
    ),
  ];
}

function bugTable(title: string, entries: readonly LegendEntry[]): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map((entry) => [
    String(entry.number),
    `\`${entry.id}\``,
    whereOf(entry, ({ scenario, driver }) =>
      driver === undefined ? scenario : `${scenario} (${driver})`,
    )
      .map(({ kernel, names }) => `**${kernel}** ${names.join(', ')}`)
      .join('; '),
  ]);
  return ['', `## ${title}`, '', ...markdownTable([['', title.toLowerCase(), 'where'], ...rows])];
}

/** The first row is the head. */
function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}
