import { availableParallelism } from 'node:os';
import { bugKinds, ModelError } from '../../../explore/index.ts';
import type { Design } from '../../../linux/index.ts';
import type { Shape } from '../../../machine/index.ts';
import {
  bisectJson,
  bisectText,
  type CompareRow,
  type Comparison,
  compareJson,
  compareMarkdown,
  compareText,
  type Exploration,
} from '../../../report/index.ts';
import {
  builtinShape,
  exampleDrivers,
  lacking,
  type Scenario,
  scenarioOf,
  scenarios,
  shapeDrivers,
  unfit,
} from '../../../scenarios/index.ts';
import {
  bisected,
  bisectedWith,
  designOf,
  mainKernels,
  type Step,
  threadKernel,
} from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { designWith } from '../../kernel/patch-file.ts';
import type { Console } from '../../output/console.ts';
import { searchAll } from '../../pieces/search-all.ts';
import { type Interruption, requestOf, type SearchRequest } from '../../search/request.ts';
import { expectation, storedRows } from '../../search/stored-table.ts';
import type { Command } from '../command.ts';
import { queueHands } from '../hands.ts';

export const compare: Command = {
  async run(options, console, interruption) {
    const steps = options.bisect ? stepsOf(options) : null;
    const kernels = await kernelsOf(options, steps);
    const compared = options.scenarios?.map(scenarioOf) ?? scenarios;
    const cells = cellsOf(kernels, compared, options);
    if (cells.length === 0)
      throw new UsageError('cli/unfit', 'nothing to compare: no scenario fits any of the drivers');
    const known = unchanged(options) ? storedRows() : null;
    if (known !== null) console.note(`${storedNote}; --fresh explores all anew`);
    else announce(cells, options, console);
    const rows = known ?? (await rowsOf(cells, options, interruption, console));
    const names = compared.map(({ name }) => name);
    const comparison: Comparison = {
      kernels: kernels.map(({ name }) => name),
      scenarios: names,
      rows,
    };
    if (options.json) {
      const document = steps === null ? compareJson(comparison) : bisectJson(steps, rows);
      console.json(document);
    } else {
      const { style, width } = console;
      const { all } = options;
      const lines =
        steps !== null
          ? bisectText(steps, rows, { style, width, all })
          : options.markdown
            ? compareMarkdown(comparison, bugKinds)
            : compareText(comparison, { style, width, kinds: bugKinds, all });
      for (const line of lines) console.line(line);
    }
    if (rows.some(({ error }) => error !== undefined)) return 2;
    if (rows.some(({ verdict }) => verdict === 'bug')) return 1;
    return rows.every(({ complete }) => complete) ? 0 : 3;
  },
};

const storedNote = 'as stored with this version (docs/reference/verdicts.md)';

/** What changes how the table is shown, and not what is in it. */
const onlyShown = ['json', 'format', 'all', 'color', 'quiet', 'jobs', 'queue'];

function unchanged({ given }: Options): boolean {
  return given.every((option) => onlyShown.includes(option));
}

/** Before a long comparison somebody who waits for it is told how long that is. */
function announce(cells: readonly Cell[], options: Options, console: Console): void {
  if (process.stderr.isTTY !== true || options.queue !== null) return;
  const jobs = options.jobs ?? availableParallelism();
  const requests = cells.map(({ request }) => request);
  console.note(`${expectation(requests, jobs)} (docs/reference/verdicts.md has the whole table)`);
}

/** One search of a comparison, and behind which driver, when drivers are compared. */
interface Cell {
  readonly request: SearchRequest;
  readonly driver: string | null;
}

/** A kernel of a comparison, and the file of the patch in it. */
interface Compared {
  readonly name: string;
  readonly patch: string | null;
  readonly design: Design;
}

/** What is gone through: the patch series, with repairs on it where a kernel names them. */
function stepsOf({ kernels, markdown, patch }: Options): readonly Step[] {
  if (patch !== null || (kernels !== null && kernels.length > 1))
    throw new UsageError(
      'cli/bad-option',
      '--bisect goes through the patch series: no --patch, and one of --kernels at most',
    );
  if (markdown) throw new UsageError('cli/bad-option', '--bisect is shown as text or json');
  const [kernel] = kernels ?? [];
  return kernel === undefined ? bisected : bisectedWith(kernel);
}

/** What is compared. A patch is compared with the kernel that it is for. */
async function kernelsOf(options: Options, steps: readonly Step[] | null): Promise<Compared[]> {
  const { kernels, patch } = options;
  if (steps !== null)
    return steps.map(({ kernel: name }) => ({ name, patch: null, design: designOf(name) }));
  const compared: Compared[] = [];
  for (const name of kernels ?? (patch === null ? mainKernels : [threadKernel])) {
    compared.push({ name, patch: null, design: designOf(name) });
    if (patch === null) continue;
    const design = await designWith(name, patch);
    compared.push({ name: design.name, patch, design });
  }
  return compared;
}

/** Every cell that makes sense, scenario by scenario. */
function cellsOf(
  kernels: readonly Compared[],
  compared: readonly Scenario[],
  options: Options,
): Cell[] {
  return compared.flatMap((scenario) =>
    driversFor(scenario, options).flatMap((driver) => {
      const shape = shapeOf(scenario, driver, options);
      if (shape === null || unfit(scenario, shape) !== null) return [];
      return kernels
        .filter(({ design }) => lacking({ design, config: options.config }, shape) === null)
        .map(({ name, patch }) => ({
          request: requestOf(scenario, shape, name, { ...options, patch }, 'none', options.all),
          driver,
        }));
    }),
  );
}

/** The device, null where there can be none as it is asked for in such firmware. */
function shapeOf(
  scenario: Scenario,
  driver: string | null,
  { firmware, shape }: Options,
): Shape | null {
  try {
    return builtinShape(scenario, driver, firmware, shape);
  } catch (error) {
    if (error instanceof UsageError && error.code === 'cli/unfit') return null;
    throw error;
  }
}

/** What a scenario is explored behind: null where drivers are not compared. */
function driversFor(scenario: Scenario, options: Options): readonly (string | null)[] {
  const { drivers } = options;
  if (drivers !== 'every-kind') return drivers ?? [null];
  const fits = (driver: string): boolean => {
    const shape = shapeOf(scenario, driver, options);
    return shape !== null && unfit(scenario, shape) === null;
  };
  // Some firmware is for drivers only that are no example of their kind.
  return exampleDrivers.some(fits) ? exampleDrivers : shapeDrivers.filter(fits).slice(0, 1);
}

/** What becomes of each cell, in their order. A cell that was not begun is incomplete. */
async function rowsOf(
  cells: readonly Cell[],
  options: Options,
  interruption: Interruption,
  console: Console,
): Promise<CompareRow[]> {
  const jobs = options.jobs ?? availableParallelism();
  const requests = cells.map(({ request }) => request);
  const rows: CompareRow[] = [];
  const progress = (text: string): void =>
    console.progress(`${rows.length} of ${cells.length} cells   ${text}`);
  const left = { verdict: 'incomplete', bugs: [], executions: 0, complete: false } as const;
  const workers = await queueHands(options, console, interruption);
  for await (const result of searchAll(requests, jobs, interruption, progress, null, workers)) {
    const head = headOf(cells[rows.length] as Cell);
    if (result instanceof ModelError) {
      rows.push({ ...head, ...left, error: result.message });
    } else {
      const { verdict, executions, complete, bugs } = result.outcome;
      const row = { ...head, verdict, bugs: bugs.map(({ id }) => id), executions, complete };
      rows.push(options.all ? { ...row, causes: rowCauses(result) } : row);
    }
    progress('');
  }
  console.progress(null);
  return [...rows, ...cells.slice(rows.length).map((cell) => ({ ...headOf(cell), ...left }))];
}

function rowCauses({ outcome }: Exploration): NonNullable<CompareRow['causes']> {
  return outcome.causes.map(({ id, title, sites, preemptions }) => ({
    id,
    title,
    sites,
    preemptions,
  }));
}

function headOf({
  request,
  driver,
}: Cell): Pick<CompareRow, 'kernel' | 'scenario'> & { readonly driver?: string } {
  const { kernel, scenario } = request;
  return { kernel, scenario, ...(driver === null ? {} : { driver }) };
}
