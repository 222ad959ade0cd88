import { inspect, type ShapeGroup, shapesOf } from '../../machine/index.ts';
import {
  counted,
  type Exploration,
  exploreJson,
  exploreText,
  inspectJson,
  inspectText,
} from '../../report/index.ts';
import { scenarios } from '../../scenarios/index.ts';
import { designOf, threadKernel } from '../../series/index.ts';
import { escapeText } from '../../util/index.ts';
import { type Command, operandsOf } from '../command.ts';
import { exitCodeOf, runExploration, valueText } from '../explorations.ts';
import { loadMachine } from '../load-machine.ts';

export const check: Command = {
  name: 'check',
  operands: '<machine>',
  about: 'inspect it, then explore every distinct shape of device found in it',
  async run(options, console, interruption) {
    const [path = ''] = operandsOf(options, 'machine');
    const kernel = options.kernel ?? threadKernel;
    const design = designOf(kernel);
    const machine = loadMachine(path);
    const inspection = inspect(machine, design, options.config);
    const groups = shapesOf(machine, design, options.config);
    if (!options.json) {
      for (const line of inspectText(inspection, kernel, console.style)) console.line(line);
    }
    const shapes: { devices: readonly string[]; exploration: Exploration }[] = [];
    let left = 0;
    for (const group of groups) {
      const { shape } = group;
      if (shape === null) continue;
      if (!options.json) console.line(`\n${console.style('bold', shapeText(group))}`);
      for (const scenario of scenarios) {
        if (scenario.unfit(shape) !== null) continue;
        if (interruption.requested) {
          left++;
          continue;
        }
        const exploration = await runExploration(
          scenario,
          shape,
          kernel,
          options,
          console,
          interruption,
        );
        shapes.push({ devices: group.devices.map(({ name }) => name), exploration });
        if (options.json) continue;
        console.line();
        for (const line of exploreText(exploration, {
          ...options,
          style: console.style,
          value: valueText,
        }))
          console.line(line);
      }
    }
    const explorations = shapes.map(({ exploration }) => exploration);
    if (options.json) {
      const document = {
        version: 1,
        command: 'check',
        kernel,
        complete: left === 0 && explorations.every(({ outcome }) => outcome.complete),
        inspect: inspectJson(inspection, kernel),
        shapes: shapes.map(({ devices, exploration }) => ({
          devices,
          explore: exploreJson(exploration),
        })),
      };
      console.line(JSON.stringify(document, null, 2));
    } else {
      console.line(`\n${summary(explorations, groups, left)}`);
    }
    const broken = inspection.findings.some(({ severity }) => severity === 'error');
    const code = exitCodeOf(explorations);
    if (code === 1 || broken) return 1;
    return left > 0 ? 3 : code;
  },
};

function shapeText({ shape, devices }: ShapeGroup): string {
  const [first, ...others] = devices.map(({ name }) => escapeText(name));
  const iommus = shape?.iommus.map(({ compatible }) => compatible) ?? [];
  const behind = `${iommus.join(' and ')}, ${counted(shape?.specifiers.length ?? 0, 'specifier')}`;
  const same = others.length === 0 ? '' : `, and ${counted(others.length, 'device')} like it`;
  return `${first ?? ''} (${shape?.bus ?? ''}, behind ${behind})${same}`;
}

function summary(
  explorations: readonly Exploration[],
  groups: readonly ShapeGroup[],
  left: number,
): string {
  const explored = new Set(groups.flatMap(({ shape }) => (shape === null ? [] : [shape])));
  if (explored.size === 0)
    return 'No device of this machine is behind an IOMMU that the model has a driver for: nothing to explore.';
  const bugs = new Set(explorations.flatMap(({ outcome }) => outcome.bugs.map(({ id }) => id)));
  const searches = `${counted(explored.size, 'shape')}, ${counted(explorations.length, 'search').replace('searchs', 'searches')}`;
  const found = bugs.size === 0 ? 'no bug' : counted(bugs.size, 'distinct bug');
  const complete = left === 0 && explorations.every(({ outcome }) => outcome.complete);
  return `${searches}: ${found}, ${complete ? 'every search complete' : 'not every search complete'}`;
}
