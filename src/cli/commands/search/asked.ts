// What device is asked for: one of a machine, or one that options say the shape of.
import { deviceNamed, type Machine, type Shape, shapesByDevice } from '../../../machine/index.ts';
import { builtinShape, type Scenario, unfit } from '../../../scenarios/index.ts';
import { UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { shapeOptions } from '../../arguments/shape.ts';
import { type Subject, subjectOf } from '../../input/subject.ts';
import { designWith } from '../../kernel/patch-file.ts';
import type { Console } from '../../output/console.ts';

/** The machine that holds the device to explore, null when a built-in one does. */
export type Asked = Omit<Subject, 'machine' | 'called'> & { readonly machine: Machine | null };

/**
 * The machine that the options name and the kernel to explore it with, or a kernel alone.
 *
 * @param usual the kernel, where nobody names one
 */
export async function askedFor(options: Options, console: Console, usual: string): Promise<Asked> {
  const { machine, device, driver, firmware, config } = options;
  if (machine === null) {
    if (device === null) {
      const design = await designWith(options.kernel ?? usual, options.patch);
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
  return await subjectOf(machine, usual, options, console);
}

/** The shape of the device that they name. @throws UsageError where there is nothing to explore for it */
export function shapeFor(
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
  const shapes = [...shapesByDevice(machine, design, config, options)];
  const [, found = `${path} has it, and no shape of devices does`] =
    shapes.find(([of]) => of.name === name) ?? [];
  if (typeof found === 'string')
    throw new UsageError('cli/nothing-to-explore', `nothing to explore for ${name}: ${found}`);
  return fitting(scenario, found, name);
}

/** @throws UsageError when the scenario makes no sense for the shape */
function fitting(scenario: Scenario, shape: Shape, what: string): Shape {
  const reason = unfit(scenario, shape);
  if (reason === null) return shape;
  throw new UsageError('cli/unfit', `${scenario.name} does not fit ${what}: ${reason}`);
}
