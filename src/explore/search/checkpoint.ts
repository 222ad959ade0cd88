import { UsageError } from '../../util/index.ts';
import { Execution, maxTasksLimit } from '../execution/execution.ts';
import { digestOf } from '../program/checks/beginning.ts';
import { checkProgram } from '../program/checks/check-program.ts';
import { isOurs } from '../program/checks/thrown.ts';
import { type BugKind, bugKinds } from '../program/failure.ts';
import { Names } from '../program/names.ts';
import type { Program } from '../program/program.ts';
import type { SavedFindings } from '../witness/findings.ts';
import type { ExploreOptions } from './options.ts';
import type { SavedSearch } from './saved-search.ts';
import { type Fits, fields, flag, list, oneOf, orNull, text, whole } from './shape.ts';

const version = 5;

/**
 * An exploration between two executions, as plain data that can be written as JSON. Resumed, it
 * goes on with the very next execution: nothing is lost and nothing done twice.
 */
export interface Checkpoint {
  readonly version: typeof version;
  readonly program: string;
  /** Stands for what the program begins with: objects, values, tasks and their first steps, properties. */
  readonly begins: string;
  /** What was left out from the beginning, and what was counted. */
  readonly ignored: readonly BugKind[];
  readonly histogram: boolean;
  readonly worlds: 'kept' | 'fresh' | 'compared';
  readonly search: SavedSearch;
  readonly findings: SavedFindings;
  /** Of all the rest: what was cut or changed on the way is not gone on from. */
  readonly sum: string;
}

/** What a program begins with. */
export function beginningOf(program: Program): string {
  checkProgram(program);
  const names = new Names();
  new Execution(program, names, maxTasksLimit).dispose();
  return names.digest;
}

export function sealed(unsealed: Omit<Checkpoint, 'version' | 'sum'>): Checkpoint {
  const { program, begins, ignored, histogram, worlds, search, findings } = unsealed;
  const options = { ignored, histogram, worlds };
  const saved = { version, program, begins, ...options, search, findings } as const;
  return { ...saved, sum: digestOf(JSON.stringify(saved)) };
}

const count = whole(0);
const task = whole(0, maxTasksLimit - 1);
const foot = whole(0, 2 ** 31 - 1);

const branch: Fits = (value) => fields({ steps: list(task, foot), forks: list(branch) })(value);

const node = fields({
  task: whole(-1, maxTasksLimit - 1),
  foot,
  explored: count,
  sleep: list(task, foot),
  pending: list(branch),
});

const insertion = fields({ depth: count, steps: list(task, foot), core: count, race: whole(-1) });
const numbers = list(list(count, count));

const names = fields({
  setup: count,
  lifetime: list(whole(-1)),
  objects: numbers,
  parts: numbers,
  tasks: numbers,
  watch: list(whole(-(2 ** 31), 2 ** 31)),
});

const search = fields({
  executions: count,
  blocked: count,
  transitions: count,
  complete: flag,
  names,
  nodes: list(node),
  floor: count,
  outbox: list(insertion),
  races: fields({ open: list(count, count, count), noted: count }),
});

const linearization = fields({
  cost: fields({ preemptions: count, switches: count, steps: count }),
  schedule: list(task),
  ways: list(count),
});
const variant = fields({ origin: text, best: orNull(linearization), settled: flag });

const findings = fields({
  classes: count,
  failing: count,
  found: list(
    fields({
      id: text,
      kind: oneOf(bugKinds),
      function: text,
      object: text,
      best: orNull(linearization),
      variants: list(variant),
      settled: flag,
      classes: count,
      lastClass: whole(-1),
      minimal: flag,
    }),
  ),
  settled: list(list(text, linearization)),
  outcomes: list(list(count, count)),
  reached: list(text),
  histogram: list(count),
});

const checkpoint = fields({
  version: oneOf([version]),
  program: text,
  begins: text,
  ignored: list(oneOf(bugKinds)),
  histogram: flag,
  worlds: oneOf(['kept', 'fresh', 'compared']),
  search,
  findings,
  sum: text,
});

/** @throws UsageError when the checkpoint is not whole, or of another program */
export function checkCheckpoint(
  saved: Checkpoint,
  program: Program,
  { ignore = [], histogram = false }: ExploreOptions,
): void {
  const other = (saved as { readonly version?: unknown } | null)?.version;
  if (typeof other === 'number' && other !== version)
    throw doesNotFit(`the saved search is of version ${other}, and this is version ${version}`);
  const where = checkpoint(saved);
  if (where !== null) throw doesNotFit(`the saved search is damaged${where && ` at ${where}`}`);
  if (sealed(saved).sum !== saved.sum)
    throw doesNotFit('the saved search is damaged: its checksum is another one');
  if (saved.program !== program.name)
    throw doesNotFit(`the saved search is of "${saved.program}", not of "${program.name}"`);
  if (saved.begins !== beginningOf(program)) throw notTheSameProgram();
  if (saved.ignored.join() !== Array.from(ignore).join() || saved.histogram !== histogram)
    throw doesNotFit('the saved search has other options: ignore and histogram stay as they were');
  const broken = inconsistent(saved.search);
  if (broken !== null) throw doesNotFit(`the saved search is damaged at ${broken}`);
}

/** What came of going on from what was saved, whose numbers may still lead to nothing. */
export function restored(restore: () => void): void {
  try {
    restore();
  } catch (error) {
    throw isOurs(error) ? error : notTheSameProgram();
  }
}

/** Numbers that lead to nothing. */
function inconsistent({ nodes, names: known, races, floor }: SavedSearch): string | null {
  const depth = nodes.length - 1;
  if (depth < 0 || nodes[depth]?.task !== -1) return '.search.nodes';
  if (nodes.slice(0, depth).some((one) => one.task < 0)) return '.search.nodes';
  if (floor > depth) return '.search.floor';
  if (races.open.some((event, i) => i % 3 < 2 && event >= depth)) return '.search.races.open';
  const addresses = known.lifetime.length;
  if (known.watch.length !== addresses || known.setup > addresses) return '.search.names';
  if (known.lifetime.some((address) => address >= addresses)) return '.search.names.lifetime';
  const given = [...known.objects, ...known.parts].map(([, number]) => number);
  if (given.some((number) => number >= addresses)) return '.search.names.objects';
  return null;
}

export function notTheSameProgram(): UsageError {
  return doesNotFit('the saved search does not fit this program any more: start it anew');
}

function doesNotFit(message: string): UsageError {
  return new UsageError('explore/checkpoint-does-not-fit', message);
}
