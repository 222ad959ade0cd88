import type { Cause, Outcome } from '../../explore/index.ts';

/** What became of one scenario on one kernel, perhaps behind one driver. */
export interface CompareRow {
  readonly kernel: string;
  readonly scenario: string;
  /** Absent when drivers are not compared. */
  readonly driver?: string;
  readonly verdict: Outcome['verdict'];
  /** The bugs by their fingerprints, the worst first. */
  readonly bugs: readonly string[];
  /** What the bugs hang on, in the order of `explore`; left out where nobody asked. */
  readonly causes?: readonly Pick<Cause, 'id' | 'title' | 'sites' | 'preemptions'>[];
  /** None when the search was not begun. */
  readonly executions: number;
  readonly complete: boolean;
  /** Why there was no search. */
  readonly error?: string;
}

/** Rows, and in which order their kernels and scenarios are shown. */
export interface Comparison {
  readonly kernels: readonly string[];
  readonly scenarios: readonly string[];
  readonly rows: readonly CompareRow[];
}

/** The document that `--json` prints. */
export interface CompareDocument {
  readonly version: 1;
  readonly command: 'compare';
  readonly rows: readonly CompareRow[];
}

export function compareJson({ rows }: Comparison): CompareDocument {
  return { version: 1, command: 'compare', rows };
}

/** A bug of a comparison: its number in the legend, and the cells it is in. */
export interface LegendEntry {
  readonly number: number;
  readonly id: string;
  readonly where: readonly CompareRow[];
}

/** Every distinct bug, numbered: by kind in the order given, then by name. */
export function legendOf(
  { rows }: Pick<Comparison, 'rows'>,
  kinds: readonly string[],
): LegendEntry[] {
  const found = new Map<string, CompareRow[]>();
  for (const row of rows) {
    for (const id of row.bugs) {
      const where = found.get(id);
      if (where === undefined) found.set(id, [row]);
      else where.push(row);
    }
  }
  const rank = (id: string): number => kinds.indexOf(kindOf(id));
  return [...found]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([id, where], i) => ({ number: i + 1, id, where }));
}

/** A cause of a comparison, and the cells it is in. */
export interface ComparedCause {
  readonly id: string;
  readonly title: string;
  readonly where: readonly CompareRow[];
}

/** Every distinct cause, where rows have them, in the order they are met. */
export function causesIn({ rows }: Pick<Comparison, 'rows'>): ComparedCause[] {
  const found = new Map<string, { readonly title: string; readonly where: CompareRow[] }>();
  for (const row of rows) {
    for (const { id, title } of row.causes ?? []) {
      const known = found.get(id);
      if (known === undefined) found.set(id, { title, where: [row] });
      else known.where.push(row);
    }
  }
  return [...found].map(([id, cause]) => ({ id, ...cause }));
}

/** The kind that a fingerprint begins with. */
export function kindOf(id: string): string {
  return id.slice(0, id.indexOf(':'));
}

/** Data races are many and seldom the point: they are counted apart. */
export function isDataRace(id: string): boolean {
  return kindOf(id) === 'data-race';
}

/** A line of the matrix: a scenario, perhaps behind one driver, and its cell for each kernel. */
export interface MatrixLine {
  readonly scenario: string;
  readonly driver: string | null;
  /** Null where the scenario makes no sense. */
  readonly cells: readonly (CompareRow | null)[];
}

/** The rows as a matrix: scenarios down, kernels across. */
export function matrixOf({ kernels, scenarios, rows }: Comparison): MatrixLine[] {
  const key = (...names: readonly (string | null)[]): string => JSON.stringify(names);
  const cells = new Map(
    rows.map((row) => [key(row.scenario, row.driver ?? null, row.kernel), row]),
  );
  const drivers = [...new Set(rows.map(({ driver }) => driver ?? null))];
  return scenarios
    .flatMap((scenario) => drivers.map((driver) => ({ scenario, driver })))
    .map(({ scenario, driver }) => ({
      scenario,
      driver,
      cells: kernels.map((kernel) => cells.get(key(scenario, driver, kernel)) ?? null),
    }))
    .filter(({ cells: line }) => line.some((cell) => cell !== null));
}

/** A cell in a few characters; {@link cellHelp} says what they mean. */
export function cellText(row: CompareRow | null): string {
  if (row === null) return '-';
  if (row.error !== undefined) return 'error';
  if (row.executions === 0) return 'not run';
  if (row.verdict !== 'bug') return row.verdict;
  const races = row.bugs.filter(isDataRace).length;
  const others = row.bugs.length - races;
  const counts = [others > 0 && `${others}`, races > 0 && `+${races}`].filter(Boolean).join(' ');
  return row.complete ? counts : `${counts} ?`;
}

export const cellHelp =
  '3 +2: three bugs and two data races; ?: cut short, there may be more; -: makes no sense';

/** What went wrong in cells that could not be searched, in a line each. */
export function errorsOf({ rows }: Pick<Comparison, 'rows'>): string[] {
  return rows.flatMap(({ kernel, scenario, driver, error }) =>
    error === undefined
      ? []
      : [
          `error in ${scenario}${driver === undefined ? '' : ` (${driver})`} on ${kernel}: ${error}`,
        ],
  );
}

/** In how far a comparison is whole, in a sentence. */
export function completenessText({ rows }: Pick<Comparison, 'rows'>): string {
  const cut = rows.filter(({ complete, executions }) => !complete && executions > 0).length;
  const failed = errorsOf({ rows }).length;
  const missing = rows.filter(({ executions }) => executions === 0).length - failed;
  if (cut === 0 && missing === 0 && failed === 0) return 'every search complete';
  return [
    cut > 0 && `${cut} cut short`,
    missing > 0 && `${missing} not run`,
    failed > 0 && `${failed} in error`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The cells of a bug, by kernel: each kernel with what it is in there. */
export function whereOf(
  { where }: Pick<LegendEntry, 'where'>,
  nameOf: (row: CompareRow) => string,
): { readonly kernel: string; readonly names: readonly string[] }[] {
  const kernels = new Map<string, Set<string>>();
  for (const row of where) {
    const names = kernels.get(row.kernel) ?? new Set();
    kernels.set(row.kernel, names.add(nameOf(row)));
  }
  return [...kernels].map(([kernel, names]) => ({ kernel, names: [...names] }));
}
