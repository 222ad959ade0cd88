import { type Shape, shapesOf } from '../../machine/index.ts';
import { exploreJson, exploreText } from '../../report/index.ts';
import { builtinShape, type Scenario, scenarioOf } from '../../scenarios/index.ts';
import { designOf, threadKernel } from '../../series/index.ts';
import { UsageError } from '../../util/index.ts';
import { type Command, operandsOf, requestOf } from '../command.ts';
import { loadMachine } from '../load-machine.ts';
import type { Options } from '../options.ts';
import { exitCodeOf, search, valueText } from '../search.ts';

export const explore: Command = {
  name: 'explore',
  operands: '<scenario>',
  about: 'every interleaving of a built-in scenario (or of --machine M --device D)',
  async run(options, console, interruption) {
    const [name = ''] = operandsOf(options, 'scenario');
    const scenario = scenarioOf(name);
    const kernel = options.kernel ?? threadKernel;
    designOf(kernel);
    const shape = shapeFor(scenario, options, kernel);
    const request = requestOf(scenario, shape, kernel, options);
    const exploration = await search(request, interruption, console.progress);
    console.progress(null);
    if (options.json) console.line(JSON.stringify(exploreJson(exploration), null, 2));
    else
      for (const line of exploreText(exploration, {
        full: options.full,
        witnesses: options.all ? 'all' : 'kinds',
        style: console.style,
        value: valueText,
      }))
        console.line(line);
    return exitCodeOf([exploration]);
  },
};

function shapeFor(scenario: Scenario, options: Options, kernel: string): Shape {
  const { machine, device, driver } = options;
  if (machine === null) {
    if (device !== null)
      throw new UsageError(
        'cli/bad-option',
        '--device names a device of --machine, which is missing',
      );
    return builtinShape(scenario, driver ?? 'arm-smmu-v3');
  }
  if (driver !== null)
    throw new UsageError('cli/bad-option', '--driver and --machine exclude each other');
  if (device === null)
    throw new UsageError(
      'cli/bad-option',
      '--machine needs a --device',
      'fwspec inspect lists the devices',
    );
  for (const group of shapesOf(loadMachine(machine), designOf(kernel), options.config)) {
    if (!group.devices.some((found) => found.name === device)) continue;
    if (group.shape === null) {
      throw new UsageError(
        'cli/nothing-to-explore',
        `nothing to explore for ${device}: ${group.reason ?? ''}`,
      );
    }
    const unfit = scenario.unfit(group.shape);
    if (unfit !== null)
      throw new UsageError('cli/unfit', `${scenario.name} does not fit ${device}: ${unfit}`);
    return { ...group.shape, name: device };
  }
  throw new UsageError(
    'cli/unknown-device',
    `${machine} has no device "${device}"`,
    'fwspec inspect lists the devices',
  );
}
