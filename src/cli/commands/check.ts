import { availableParallelism } from 'node:os';
import { ModelError } from '../../explore/index.ts';
import { inspect, type ShapeGroup, shapesOf } from '../../machine/index.ts';
import {
  counted,
  type Exploration,
  exploreJson,
  exploreText,
  inspectJson,
  inspectText,
} from '../../report/index.ts';
import { scenarios, unfit } from '../../scenarios/index.ts';
import { newestKernel } from '../../series/index.ts';
import { escapeText } from '../../util/index.ts';
import { type Command, requestOf } from '../command.ts';
import type { Options } from '../options.ts';
import { exitCodeOf, type SearchRequest, valueText } from '../search.ts';
import { subjectOf } from '../subject.ts';
import { searchAll } from '../threads.ts';

export const check: Command = {
  async run(options, console, interruption) {
    const [path = ''] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const kernel = design.name;
    const inspection = inspect(machine, design, config, subject.options);
    const groups = shapesOf(machine, design, config, subject.options);
    const searches = searchesOf(groups, kernel, { ...options, config });
    const show = (lines: readonly string[]): void => {
      if (options.json) return;
      console.progress(null);
      for (const line of lines) console.line(line);
    };
    show(inspectText(inspection, kernel, console));
    const found: { readonly group: ShapeGroup; readonly exploration: Exploration }[] = [];
    const jobs = options.jobs ?? worthwhileJobs(searches.length);
    const requests = searches.map(({ request }) => request);
    for await (const exploration of searchAll(requests, jobs, interruption, console.progress)) {
      if (exploration instanceof ModelError) throw exploration;
      const { group } = searches[found.length] as Search;
      if (found.at(-1)?.group !== group) show(['', console.style('bold', shapeText(group))]);
      found.push({ group, exploration });
      show([
        '',
        ...exploreText(exploration, {
          full: options.full,
          witnesses: options.all ? 'all' : 'worst',
          style: console.style,
          width: console.width,
          value: valueText,
        }),
      ]);
    }
    const explorations = found.map(({ exploration }) => exploration);
    const left = searches.length - found.length;
    const complete = left === 0 && explorations.every(({ outcome }) => outcome.complete);
    if (options.json) {
      const document = {
        version: 1,
        command: 'check',
        kernel,
        complete,
        inspect: inspectJson(inspection, kernel),
        shapes: found.map(({ group, exploration }) => ({
          devices: group.devices.map(({ name }) => name),
          explore: exploreJson(exploration),
        })),
      };
      console.json(document);
    }
    show(['', summary(groups, searches, explorations, complete)]);
    const code = exitCodeOf(explorations);
    if (code === 1 || inspection.findings.some(({ severity }) => severity === 'error')) return 1;
    return complete ? 0 : 3;
  },
};

/** A thread has to warm up, which is worth it for several searches only. */
const searchesPerJob = 4;

function worthwhileJobs(searches: number): number {
  return Math.min(availableParallelism(), Math.ceil(searches / searchesPerJob));
}

/** One search of a check, and whose it is. */
interface Search {
  readonly group: ShapeGroup;
  readonly request: SearchRequest;
}

/** Every scenario of a boot that fits a shape, for every shape. */
function searchesOf(groups: readonly ShapeGroup[], kernel: string, options: Options): Search[] {
  return groups.flatMap((group) => {
    const { shape } = group;
    if (shape === null) return [];
    return scenarios
      .filter((scenario) => scenario.atBoot === true && unfit(scenario, shape) === null)
      .map((scenario) => ({
        group,
        request: requestOf(scenario, shape, kernel, options, options.all ? 'all' : 'worst'),
      }));
  });
}

function shapeText({ shape, devices }: ShapeGroup): string {
  const [first, ...others] = devices.map(({ name }) => escapeText(name));
  const iommus = shape?.iommus.map(({ compatible }) => compatible) ?? [];
  const behind = `${iommus.join(' and ')}, ${counted(shape?.specifiers.length ?? 0, 'specifier')}`;
  const same = others.length === 0 ? '' : `, and ${counted(others.length, 'device')} like it`;
  return `${first ?? ''} (${shape?.bus ?? ''}, behind ${behind})${same}`;
}

function summary(
  groups: readonly ShapeGroup[],
  searches: readonly Search[],
  explorations: readonly Exploration[],
  complete: boolean,
): string {
  const shapes = new Set(searches.map(({ group }) => group)).size;
  if (shapes === 0) {
    return groups.some(({ shape }) => shape !== null)
      ? 'The IOMMUs of this machine are there before any driver comes that could race: nothing to explore.'
      : 'No device of this machine is behind an IOMMU that the model has a driver for: nothing to explore.';
  }
  const bugs = new Set(explorations.flatMap(({ outcome }) => outcome.bugs.map(({ id }) => id)))
    .size;
  const found = bugs === 0 ? 'no bug' : counted(bugs, 'distinct bug');
  const done = complete ? 'every search complete' : 'not every search complete';
  return `${counted(shapes, 'shape')}, ${explorations.length} of ${counted(searches.length, 'exploration')}: ${found}, ${done}`;
}
