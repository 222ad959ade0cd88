import { encodeTokenLinux } from '../../../linux-c/index.ts';
import { exploreJson, exploreText } from '../../../report/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { shapeOptions } from '../../arguments/shape.ts';
import { sourceLines } from '../../linux/source-lines.ts';
import type { Console } from '../../output/console.ts';
import { furtherNotes, linuxProgram, notLookedAt } from '../../search/linux.ts';
import type { Interruption } from '../../search/request.ts';
import { exitCodeOf, livingOn, searchProgram } from '../../search/search.ts';
import { showWorst } from './show-worst.ts';

/** What is of a tree only. */
export const ofTheTree = ['arch', 'llvm', 'level', 'files'] as const;

/** What is of the model only. */
const ofTheModel = [
  ...['kernel', 'machine', 'device', 'firmware', 'assume', 'patch', 'kconfig', 'cmdline'],
  ...['checkpoint', 'jobs'],
  ...shapeOptions,
];

/** Explore a scenario in the C of a tree. */
export async function exploreLinux(
  tree: string,
  options: Options,
  console: Console,
  interruption: Interruption,
): Promise<number> {
  const model = ofTheModel.find((name) => options.given.includes(name));
  if (model !== undefined)
    throw new UsageError('cli/bad-option', `--${model} and --linux exclude each other`);
  const { operands, driver, full, all, random, seed } = options;
  const { arch, llvm, level, files } = options.tree;
  const [name = ''] = operands;
  const found = await linuxProgram({
    ...{ tree, scenario: name, arch, llvm, level, files, driver },
    ...{ note: console.note, interruption },
  });
  const { kernel, source, scenario } = found;
  const exploration = {
    kernel,
    linux: source,
    shape: driver,
    scenario: scenario.name,
    notes: [...furtherNotes(files), ...(full || options.json ? [notLookedAt] : [])],
    ...(await searchProgram(
      livingOn(found.program, interruption),
      {
        ...options,
        random: random === null ? null : { mode: random, seed },
        cover: true,
        explain: all ? 'all' : 'worst',
        causes: true,
      },
      interruption,
      console.progress,
      ({ schedule, id: bug, tasks }) =>
        encodeTokenLinux(
          {
            ...{ scenario: name, arch, level, files, driver, schedule, bug },
            llvm: source.compiler.replace(/\D/g, ''),
            digest: source.digest,
          },
          tasks,
        ),
    )),
  };
  console.progress(null);
  const shown = { lineOf: sourceLines([found.folder]), paths: true, linux: tree, full };
  if (options.json) console.json({ ...exploreJson(exploration), notes: exploration.notes });
  else if (options.format !== 'text')
    showWorst(exploration, options.format, options, console, shown);
  else {
    const { style, width } = console;
    const witnesses = all ? 'all' : 'worst';
    for (const line of exploreText(exploration, { ...shown, witnesses, style, width }))
      console.line(line);
  }
  return exitCodeOf([exploration]);
}
