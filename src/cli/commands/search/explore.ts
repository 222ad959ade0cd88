import { availableParallelism } from 'node:os';
import {
  deviceNamed,
  type KernelOptions,
  type Machine,
  type Shape,
  shapesOf,
} from '../../../machine/index.ts';
import { exploreJson, exploreText } from '../../../report/index.ts';
import { builtinShape, type Scenario, scenarioOf, unfit } from '../../../scenarios/index.ts';
import { threadKernel } from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { kconfigWords } from '../../arguments/kernel-words.ts';
import { shapeOptions } from '../../arguments/shape.ts';
import { type Subject, subjectOf } from '../../input/subject.ts';
import { designWith } from '../../kernel/patch-file.ts';
import type { Console } from '../../output/console.ts';
import { judgedBy } from '../../search/judged.ts';
import { requestOf } from '../../search/request.ts';
import { exitCodeOf, search, valueText } from '../../search/search.ts';
import type { Command } from '../command.ts';
import { exploreLinux, ofTheTree } from './explore-linux.ts';
import { showWorst } from './show-worst.ts';

export const explore: Command = {
  async run(options, console, interruption) {
    const { linux } = options.tree;
    if (linux !== null) return await exploreLinux(linux, options, console, interruption);
    const alone = ofTheTree.find((name) => options.given.includes(name));
    if (alone !== undefined)
      throw new UsageError('cli/bad-option', `--${alone} is for a tree of Linux: --linux TREE`);
    const [name = ''] = options.operands;
    const scenario = scenarioOf(name);
    const subject = await askedFor(options, console);
    const { design, config } = subject;
    const asked = { ...options, config };
    const shape = shapeFor(scenario, asked, subject);
    const request = requestOf(scenario, shape, design.name, asked, options.all ? 'all' : 'worst');
    const jobs = options.jobs ?? availableParallelism();
    const found = await search(request, interruption, console.progress, jobs, console.note);
    const exploration = { ...found, asked: wordsOf(options.asked) };
    console.progress(null);
    const knownOf = judgedBy(request);
    if (options.json) console.json(exploreJson(exploration, knownOf));
    else if (options.format !== 'text') showWorst(exploration, options.format, options, console);
    else
      for (const line of exploreText(exploration, {
        full: options.full,
        patch: options.patch,
        witnesses: options.all ? 'all' : 'worst',
        knownOf,
        style: console.style,
        width: console.width,
        value: valueText,
      }))
        console.line(line);
    return exitCodeOf([exploration]);
  },
};

/** What somebody has asked of the kernel: a verdict is of that, and not of the usual one. */
function wordsOf(asked: KernelOptions): string[] {
  const { cmdline } = asked;
  return [...kconfigWords(asked), ...(cmdline === null ? [] : [`command line "${cmdline}"`])];
}

/** The machine that holds the device to explore, null when a built-in one does. */
type Asked = Omit<Subject, 'machine'> & { readonly machine: Machine | null };

/** The machine that the options name and the kernel to explore it with, or a kernel alone. */
async function askedFor(options: Options, console: Console): Promise<Asked> {
  const { machine, device, driver, firmware, config } = options;
  if (machine === null) {
    if (device === null) {
      const design = await designWith(options.kernel ?? threadKernel, options.patch);
      return { machine, design, config, options: {} };
    }
    throw new UsageError(
      'cli/bad-option',
      '--device names a device of --machine, which is missing',
    );
  }
  for (const [option, value] of Object.entries({ '--driver': driver, '--firmware': firmware }))
    if (value !== null)
      throw new UsageError('cli/bad-option', `${option} and --machine exclude each other`);
  for (const option of shapeOptions)
    if (options.given.includes(option))
      throw new UsageError('cli/bad-option', `--${option} and --machine exclude each other`);
  if (device === null)
    throw new UsageError(
      'cli/bad-option',
      '--machine needs a --device',
      'fwspec inspect lists the devices',
    );
  return await subjectOf(machine, threadKernel, options, console);
}

function shapeFor(
  scenario: Scenario,
  { machine: path, device, driver, firmware, shape }: Options,
  { machine, design, config, options }: Asked,
): Shape {
  if (machine === null || device === null)
    return fitting(
      scenario,
      builtinShape(scenario, driver, firmware, shape),
      driver ?? 'the device',
    );
  const { name } = deviceNamed(machine, device);
  const group = shapesOf(machine, design, config, options).find(({ devices }) =>
    devices.some((found) => found.name === name),
  );
  if (group === undefined || group.shape === null) {
    const why = group?.reason ?? `${path} has it, and no shape of devices does`;
    throw new UsageError('cli/nothing-to-explore', `nothing to explore for ${name}: ${why}`);
  }
  return { ...fitting(scenario, group.shape, name), name };
}

/** @throws UsageError when the scenario makes no sense for the shape */
function fitting(scenario: Scenario, shape: Shape, what: string): Shape {
  const reason = unfit(scenario, shape);
  if (reason === null) return shape;
  throw new UsageError('cli/unfit', `${scenario.name} does not fit ${what}: ${reason}`);
}
