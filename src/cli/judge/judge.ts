import { type Bug, ModelError, type Program, type Why, why } from '../../explore/index.ts';
import type { Module } from '../../llvm/index.ts';
import {
  differenceOf,
  type Exploration,
  type JudgedScenario,
  type JudgedStep,
  type NotJudged,
  type ReplayToken,
} from '../../report/index.ts';
import { FormatError, UsageError } from '../../util/index.ts';
import type { CompiledLinux } from '../input/linux-tree.ts';
import { notConfigured } from '../linux/build.ts';
import type { Applied, Overlay } from './apply.ts';
import { changedFunctions, isSame } from './functions.ts';
import type { CScenario, Ran } from './run.ts';

/** What patches are judged with. */
export interface Means {
  readonly scenarios: readonly CScenario[];
  /** Compile files of the tree, with those of the overlay in front of them. */
  readonly compile: (files: readonly string[], overlay: string | null) => Promise<Compiled>;
  /** What the source says, with the files of the overlay in front of those of the tree. */
  readonly lines: (overlay: string | null) => (place: string) => string | null;
  readonly explore: (
    scenario: CScenario,
    modules: readonly Module[],
    overlay: string | null,
  ) => Promise<Ran>;
  /** What runs an execution of a scenario again. */
  readonly tokenOf: (scenario: CScenario, compiled: Compiled, bug: Bug) => string;
}

/** What the compiler made, and what stands for it. */
export type Compiled = Pick<CompiledLinux, 'modules' | 'digest' | 'compiler'>;

/** A scenario in one of the trees. */
interface Explored extends Ran {
  readonly program: () => Program;
}

/**
 * Judge patches that are applied: all at once, or each on those before it.
 *
 * @param names of the patches, for messages
 * @throws UsageError where the kernel does not compile
 */
export async function judgeSteps(
  { states, touched }: Applied,
  names: readonly string[],
  isEach: boolean,
  means: Means,
): Promise<JudgedStep[]> {
  const trees = states.map(
    (state, i) => new Tree(state, i === 0 ? null : (names[i - 1] ?? null), means),
  );
  const steps: JudgedStep[] = [];
  const all = touched.map((_files, i) => i);
  for (const patches of isEach ? all.map((i) => [i]) : [all]) {
    const [before, after] = [trees[patches[0] ?? 0], trees[(patches.at(-1) ?? 0) + 1]];
    if (before === undefined || after === undefined) continue;
    const files = [...new Set(patches.flatMap((i) => touched[i] ?? []))].sort();
    steps.push(await judgeStep(patches, files, before, after, means));
  }
  return steps;
}

/** One of the trees that patches lead through. What has been explored in it is kept. */
class Tree {
  readonly #overlay: Overlay | null;
  /** The last patch in it; null where there is none. */
  readonly #last: string | null;
  readonly #means: Means;
  readonly #compiled = new Map<string, Compiled>();
  readonly #explored = new Map<string, Promise<Explored | string>>();

  constructor(overlay: Overlay | null, last: string | null, means: Means) {
    this.#overlay = overlay;
    this.#last = last;
    this.#means = means;
  }

  get lineOf(): (place: string) => string | null {
    return this.#means.lines(this.#overlay?.folder ?? null);
  }

  async modules(scenario: CScenario): Promise<readonly Module[]> {
    return (await this.#compile(scenario)).modules;
  }

  /** What runs a bug of a scenario again, once that was compiled. */
  tokenOf(scenario: CScenario, bug: Bug): ReplayToken | null {
    const compiled = this.#compiled.get(scenario.files.join(' '));
    if (compiled === undefined) return null;
    const token = this.#means.tokenOf(scenario, compiled, bug);
    return { token, isPatched: this.#overlay !== null };
  }

  async #compile({ files }: CScenario): Promise<Compiled> {
    const name = files.join(' ');
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    try {
      const compiled = await this.#means.compile(files, this.#overlay?.folder ?? null);
      this.#compiled.set(name, compiled);
      return compiled;
    } catch (error) {
      if (!(error instanceof UsageError) || this.#last === null) throw error;
      throw new UsageError(error.code, `with "${this.#last}": ${error.message}`, error.hint);
    }
  }

  /** What every order of events comes to, or why that cannot be said. */
  explored(scenario: CScenario): Promise<Explored | string> {
    let found = this.#explored.get(scenario.name);
    if (found === undefined) {
      found = this.#explore(scenario);
      this.#explored.set(scenario.name, found);
    }
    return found;
  }

  async #explore(scenario: CScenario): Promise<Explored | string> {
    const modules = await this.modules(scenario);
    const overlay = this.#overlay?.folder ?? null;
    try {
      const ran = await this.#means.explore(scenario, modules, overlay);
      return { ...ran, program: () => scenario.program(modules) };
    } catch (error) {
      // What is not understood of a program is no verdict on it.
      if (error instanceof ModelError) return error.message;
      if (error instanceof FormatError) return error.line;
      throw error;
    }
  }
}

async function judgeStep(
  patches: readonly number[],
  files: readonly string[],
  before: Tree,
  after: Tree,
  { scenarios }: Means,
): Promise<JudgedStep> {
  const isLinked = (scenario: CScenario): boolean =>
    files.some((file) => scenario.files.includes(file));
  const touched = scenarios.filter((scenario) => isLinked(scenario) || files.some(isHeader));
  // What does not compile is to be said before anything is explored.
  for (const scenario of touched) await modulesOf(scenario, before, after);
  const all = await Promise.all(
    touched.map(async (scenario) => ({
      scenario,
      one: await judgeScenario(scenario, before, after),
    })),
  );
  // What a header is in, the compiler tells.
  const judged = all.flatMap(({ scenario, one }) =>
    isLinked(scenario) || !one.isSameCode ? [one] : [],
  );
  return { patches, scenarios: judged, notJudged: notJudged(files, scenarios, judged) };
}

function isHeader(file: string): boolean {
  return file.endsWith('.h');
}

async function judgeScenario(
  scenario: CScenario,
  before: Tree,
  after: Tree,
): Promise<JudgedScenario> {
  const { name, title } = scenario;
  const lineOf = { before: before.lineOf, after: after.lineOf };
  const tokenOf = {
    before: (bug: Bug) => before.tokenOf(scenario, bug),
    after: (bug: Bug) => after.tokenOf(scenario, bug),
  };
  const unexplored = { before: null, after: null, difference: null, reason: null };
  const nothing = { name, title, lineOf, tokenOf, ...unexplored };
  const modules = await modulesOf(scenario, before, after);
  if (typeof modules === 'string')
    return { ...nothing, isSameCode: false, functions: [], reason: modules, whyOf: () => null };
  const isSameCode = modules[0].every((module, i) => {
    const other = modules[1][i];
    return other !== undefined && isSame(module, other);
  });
  if (isSameCode) return { ...nothing, isSameCode, functions: [], whyOf: () => null };
  const [one, two] = await Promise.all([before.explored(scenario), after.explored(scenario)]);
  const functions = changedFunctions(...modules, [calledIn(one), calledIn(two)]);
  const [old, fresh] = [explorationOf(one), explorationOf(two)];
  const shared = { ...nothing, isSameCode, functions, before: old, after: fresh };
  if (typeof one === 'string' || typeof two === 'string') {
    const reason = typeof two === 'string' ? `after: ${two}` : `before: ${String(one)}`;
    return { ...shared, reason, whyOf: () => null };
  }
  const difference = differenceOf(one.exploration.outcome, two.exploration.outcome);
  return { ...shared, difference, whyOf: (bug) => whyOf(bug, [two, one]) };
}

function calledIn(explored: Explored | string): Ran['called'] {
  return typeof explored === 'string' ? [] : explored.called;
}

/** What is compiled before and after, or why this kernel has no use for it. */
async function modulesOf(
  scenario: CScenario,
  before: Tree,
  after: Tree,
): Promise<readonly [readonly Module[], readonly Module[]] | string> {
  try {
    return [await before.modules(scenario), await after.modules(scenario)];
  } catch (error) {
    if (error instanceof UsageError && error.code === notConfigured) return error.message;
    throw error;
  }
}

function explorationOf(explored: Explored | string): Exploration | null {
  return typeof explored === 'string' ? null : explored.exploration;
}

/** What a bug hangs on, in the tree that has it. */
function whyOf(bug: Bug, explored: readonly Explored[]): Why | null {
  if (bug.steps.length === 0) return null;
  for (const { program, exploration } of explored) {
    const { bugs, causes } = exploration.outcome;
    if (bugs.includes(bug) || causes.some(({ witnesses }) => witnesses.includes(bug)))
      return why(program(), bug);
  }
  return null;
}

/** What is changed and was not looked at. */
function notJudged(
  files: readonly string[],
  scenarios: readonly CScenario[],
  judged: readonly JudgedScenario[],
): NotJudged[] {
  const found: NotJudged[] = judged.flatMap(({ name, reason }) =>
    reason === null ? [] : [{ what: name, why: reason }],
  );
  const isHeaderSeen = judged.some(({ isSameCode }) => !isSameCode);
  for (const file of files) {
    const why = reasonOf(file, scenarios, isHeaderSeen);
    if (why !== null) found.push({ what: file, why });
  }
  const functions = new Map<string, boolean>();
  for (const { name, isRun } of judged.flatMap((one) => (one.reason === null ? one.functions : [])))
    functions.set(name, isRun || functions.get(name) === true);
  const idle = [...functions].filter(([, isRun]) => !isRun).map(([name]) => name);
  for (const name of idle.sort()) found.push({ what: `${name}()`, why: 'no scenario calls it' });
  return found;
}

/** Why a change of a file is not judged; null where it is. */
function reasonOf(
  file: string,
  scenarios: readonly CScenario[],
  isHeaderSeen: boolean,
): string | null {
  if (scenarios.some(({ files }) => files.includes(file))) return null;
  if (isHeader(file)) return isHeaderSeen ? null : 'no file that is linked changes by it';
  if (file.endsWith('.c')) return 'no scenario links it';
  if (/(?:^|\/)(?:Kconfig|Makefile|Kbuild)[^/]*$/.test(file))
    return 'the tree is built as it is configured';
  return 'it is no C';
}
