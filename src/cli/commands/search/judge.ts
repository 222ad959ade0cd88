import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { encodeTokenLinux } from '../../../linux-c/index.ts';
import {
  type Judged,
  judgeExitCode,
  judgeJson,
  judgeMail,
  judgeText,
  linuxText,
  nextText,
  verdictOf,
} from '../../../report/index.ts';
import { valueText } from '../../../scenarios/index.ts';
import { InternalError, UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { architectureOf, compileLinux } from '../../input/linux-tree.ts';
import { apply } from '../../judge/apply.ts';
import { judgeSteps, type Means } from '../../judge/judge.ts';
import { readPatches } from '../../judge/patches.ts';
import { type CScenario, run } from '../../judge/run.ts';
import { driversOf, scenarioNamed, scenariosBehind } from '../../judge/scenarios.ts';
import { inWorkFolder } from '../../judge/work-folder.ts';
import { sourceLines } from '../../linux/source-lines.ts';
import { treeAt } from '../../linux/tree.ts';
import type { Console } from '../../output/console.ts';
import { Crew, Thrown } from '../../pieces/crew.ts';
import type { Interruption } from '../../search/request.ts';
import type { Command } from '../command.ts';

export const judge: Command = {
  async run(options, console, interruption) {
    return await inWorkFolder(async (work) => {
      const judged = await judgedIn(work, options, console, interruption);
      console.progress(null);
      show(judged, options, console);
      return judgeExitCode(judged);
    });
  },
};

async function judgedIn(
  work: string,
  options: Options,
  console: Console,
  interruption: Interruption,
): Promise<Judged> {
  const { operands, tree, each } = options;
  if (tree.linux === null)
    throw new UsageError(
      'cli/bad-option',
      'judge needs --linux TREE, the tree that the patches are for',
      'fwspec help judge has examples',
    );
  const { source, release } = treeAt(tree.linux);
  const { patches, cover, notes } = readPatches(operands, source, work);
  const applied = apply(patches, source, work);
  let linux = `Linux ${release}`;
  const { maxSeconds, ignore, driver } = options;
  const manner = { maxExecutions: options.maxExecutions ?? usualExecutions, maxSeconds, ignore };
  const { linux: path, llvm, level } = tree;
  const arch = architectureOf(path, tree.arch);
  const build = { arch, llvm, level };
  const jobs = options.jobs ?? availableParallelism();
  const crew = new Crew(jobs, interruption, console.progress);
  let turn: Promise<unknown> = Promise.resolve();
  const all =
    options.scenario.length === 0
      ? scenariosBehind(driver)
      : options.scenario.map((name) => scenarioNamed(name, driver));
  const missing = ({ files }: CScenario): string | undefined =>
    files.find((file) => !existsSync(join(source, file)));
  const absent = all.flatMap((scenario) => {
    const file = missing(scenario);
    return file === undefined ? [] : [`${scenario.name} is not run: the tree has no ${file}`];
  });
  const means: Means = {
    scenarios: all.filter((scenario) => missing(scenario) === undefined),
    compile: async (files, overlay) => {
      const compiled = await compileLinux(path, files, {
        ...build,
        overlay,
        note: console.progress,
        interruption,
      });
      linux = `${linuxText({ ...tree, arch, ...compiled })}${driver === null ? '' : `, behind ${driver}`}`;
      return compiled;
    },
    lines: (overlay) => sourceLines([...(overlay === null ? [] : [overlay]), source]),
    tokenOf: ({ name: scenario }, { compiler, digest }, { schedule, id: bug, tasks }) =>
      encodeTokenLinux(
        {
          ...{ scenario, arch, level, files: [], driver, shape: null, digest, schedule, bug },
          llvm: compiler.replace(/\D/g, ''),
        },
        tasks,
      ),
    explore: async (scenario, modules, overlay) => {
      const asked = { tree: path, build, overlay, scenario: scenario.name, driver, manner };
      const found = await crew.run(() => ({ kind: 'judge', request: asked })).catch(unexpected);
      if (found !== null) return found;
      // What an interruption came before ends as soon here, one after the other.
      const here = turn.then(() => run(scenario, modules, manner, interruption, () => {}));
      turn = here.catch(() => {});
      return await here;
    },
  };
  const names = patches.map(({ name }) => name);
  const steps = await judgeSteps(applied, names, each, means).finally(() => crew.close());
  return {
    linux,
    patches: patches.map(({ name, mail }, i) => ({
      name,
      author: mail?.author ?? '',
      files: applied.touched[i] ?? [],
      headers: mail?.headers ?? null,
    })),
    cover: cover?.headers ?? null,
    had: applied.had,
    steps,
    notes: [...notes, ...absent],
  };
}

/** What nobody expected of a thread is no verdict on a program. */
function unexpected(error: unknown): never {
  throw error instanceof Thrown ? new InternalError(error.message) : error;
}

/** How many executions of a scenario are looked at on each side when nobody says. */
const usualExecutions = 1000;

function show(judged: Judged, options: Options, console: Console): void {
  const { style, width } = console;
  if (options.format === 'mail') {
    for (const note of judged.notes) console.note(note);
    // Whoever reads it has files of their own.
    const { operands, tree } = options;
    const told = {
      operands: operands.map((path) => basename(path)),
      tree: { ...tree, linux: 'linux' },
    };
    const command = commandOf({ ...options, ...told }, []);
    for (const line of judgeMail(judged, { command, value: valueText })) console.line(line);
    return;
  }
  const { full, all } = options;
  const again = { linux: options.tree.linux ?? '', patched: options.operands };
  const shown = { style, width, full, all, value: valueText, ...again };
  console.answer({
    document: () => judgeJson(judged),
    lines: () => [...judgeText(judged, shown), ...nextText(nextCommands(judged, options), width)],
  });
}

/** What to run next. */
function nextCommands({ patches, steps }: Judged, options: Options): string[][] {
  const { each, full, scenario } = options;
  // What makes no difference to some scenarios may make one to others.
  const elsewhere =
    scenario.length > 0
      ? commandOf({ ...options, scenario: [] }, [])
      : ['fwspec', 'list', 'scenarios'];
  const changes = steps.some((step) => ['brings', 'removes', 'both'].includes(verdictOf(step)));
  const isCut = steps.some(({ scenarios }) =>
    scenarios.some(({ difference }) => difference?.complete === false),
  );
  // A driver that is by hand and could be C.
  const others = driversOf(steps.flatMap(({ notJudged }) => notJudged.map(({ what }) => what)));
  const longer = 10 * (options.maxExecutions ?? usualExecutions);
  return [
    ...(patches.length > 1 && !each ? [commandOf(options, ['--each'])] : []),
    ...(changes && !full ? [commandOf(options, ['--full', '--all'])] : []),
    ...(changes ? [[...commandOf(options, ['--format', 'mail'])]] : []),
    ...(isCut ? [commandOf({ ...options, maxExecutions: longer, maxSeconds: null }, [])] : []),
    ...others.map((driver) => commandOf({ ...options, driver, scenario: [] }, [])),
    ...(changes || isCut || others.length > 0 ? [] : [elsewhere]),
  ];
}

/** The command as it was given, but for what only shows it in another way. */
function commandOf(options: Options, more: readonly string[]): string[] {
  const { operands, tree, each, scenario, driver, maxExecutions, maxSeconds, ignore, given } =
    options;
  const { linux, arch, llvm, level } = tree;
  return [
    'fwspec',
    'judge',
    ...operands,
    '--linux',
    linux ?? '',
    ...(arch === null ? [] : ['--arch', arch]),
    ...(llvm === null ? [] : ['--llvm', String(llvm)]),
    ...(given.includes('level') ? ['--level', level] : []),
    ...(driver === null ? [] : ['--driver', driver]),
    ...(each ? ['--each'] : []),
    ...scenario.flatMap((name) => ['--scenario', name]),
    ...(maxExecutions === null ? [] : ['--max-executions', String(maxExecutions)]),
    ...(maxSeconds === null ? [] : ['--max-seconds', String(maxSeconds)]),
    ...ignore.flatMap((kind) => ['--ignore', kind]),
    ...more,
  ];
}
