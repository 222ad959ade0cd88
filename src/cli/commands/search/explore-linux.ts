import { encodeTokenLinux, type LinuxShape } from '../../../linux-c/index.ts';
import { type Shape, shapeText } from '../../../machine/index.ts';
import { exploreJson, exploreText } from '../../../report/index.ts';
import { scenarioOf } from '../../../scenarios/index.ts';
import { nearestRelease } from '../../../series/index.ts';
import { escapeText, UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { shapeOptions } from '../../arguments/shape.ts';
import { architectureOf } from '../../input/linux-tree.ts';
import { sourceLines } from '../../linux/source-lines.ts';
import { treeAt } from '../../linux/tree.ts';
import type { Console } from '../../output/console.ts';
import { furtherNotes, linuxProgram, notLookedAt, scenarioInC } from '../../search/linux.ts';
import { driverBehind, linuxShapeOf } from '../../search/linux-shape.ts';
import type { Interruption } from '../../search/request.ts';
import { exitCodeOf, livingOn, searchProgram } from '../../search/search.ts';
import { askedFor, shapeFor } from './asked.ts';
import { showWorst } from './show-worst.ts';

/** What is of a tree only. */
export const ofTheTree = ['arch', 'llvm', 'level', 'files'] as const;

/** What is of the model only. */
const ofTheModel = ['kernel', 'assume', 'patch', 'kconfig', 'cmdline', 'checkpoint', 'jobs'];

/** What says which device it is about. */
const ofTheDevice = ['machine', 'device', 'firmware', ...shapeOptions];

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
  const { operands, full, all, random, seed } = options;
  const { llvm, level, files } = options.tree;
  const arch = architectureOf(tree, options.tree.arch);
  const [name = ''] = operands;
  const { shape, driver, words, assumed } = await deviceFor(tree, name, options, console);
  const found = await linuxProgram({
    ...{ tree, scenario: name, arch, llvm, level, files, driver, shape },
    ...{ note: console.note, interruption },
  });
  const { kernel, source, scenario } = found;
  const exploration = {
    kernel,
    linux: source,
    shape: words,
    scenario: scenario.name,
    notes: [...assumed, ...furtherNotes(files), ...(full || options.json ? [notLookedAt] : [])],
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
            ...{ scenario: name, arch, level, files, driver, shape, schedule, bug },
            llvm: source.compiler.replace(/\D/g, ''),
            digest: source.digest,
          },
          tasks,
        ),
    )),
  };
  console.progress(null);
  const shown = { lineOf: sourceLines([found.folder]), paths: true, linux: tree, full };
  const { style, width } = console;
  if (options.format !== 'text' && !options.json)
    showWorst(exploration, options.format, options, console, shown);
  else
    console.answer({
      document: () => ({ ...exploreJson(exploration), notes: exploration.notes }),
      lines: () =>
        exploreText(exploration, { ...shown, witnesses: all ? 'all' : 'worst', style, width }),
    });
  return exitCodeOf([exploration]);
}

/** The device that is explored, as the C has it. */
interface DeviceOf {
  /** Null for the one that the scenario is usually about. */
  readonly shape: LinuxShape | null;
  readonly driver: string | null;
  /** Both for people; null where there is nothing to say. */
  readonly words: string | null;
  readonly assumed: readonly string[];
}

async function deviceFor(
  tree: string,
  name: string,
  options: Options,
  console: Console,
): Promise<DeviceOf> {
  const { machine, device, driver } = options;
  const usual = scenarioInC(name);
  if (!ofTheDevice.some((option) => options.given.includes(option)))
    return { shape: null, driver, words: driver, assumed: [] };
  const { name: kernel } = nearestRelease(treeAt(tree).release);
  const asked = await askedFor(options, console, kernel);
  const of = shapeFor(scenarioOf(name), options, asked);
  const shape = linuxShapeOf(of);
  const wanted = machine === null ? driver : driverBehind(of);
  const isThere = wanted !== null && usual.of(shape).drivers?.has(wanted) === true;
  const by = machine === null || isThere ? wanted : null;
  return {
    ...{ shape, driver: by },
    words: [...(by === null ? [] : [by]), shapeText(of)].join(', '),
    assumed: machine === null ? [] : [standsFor(of, device), ...(isThere ? [] : [byHand(wanted)])],
  };
}

function standsFor({ iommus }: Shape, device: string | null): string {
  const units = iommus.map(
    ({ name }, i) => `${iommus.length === 1 ? 'iommu' : `iommu ${i}`} for ${name}`,
  );
  const who = escapeText([`dev stands for ${device}`, ...units].join(', '));
  return `${who}. Bus, IOMMUs, cells and IDs are those of the machine; its other firmware, and what else is in it, are not there.`;
}

function byHand(driver: string | null): string {
  return `The driver of its IOMMUs, ${driver}, is by hand: it takes whatever comes.`;
}
