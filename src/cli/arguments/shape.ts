import { mostOfAnything, type ShapeBus, shapeBuses } from '../../machine/index.ts';
import type { AskedShape } from '../../scenarios/index.ts';
import { UsageError } from '../../util/index.ts';

/** The options that say what shape the device has that is explored. */
export const shapeOptions = [
  'bus',
  'iommus',
  'ids',
  'cells',
  'functions',
  'bridge',
  'binding',
] as const;

/**
 * What they say.
 *
 * @param text the value of an option, when it is given
 * @throws UsageError for a value that is none
 */
export function askedShape(text: (name: string) => string | undefined): AskedShape {
  const bus = text('bus');
  const ids = text('ids');
  const asked = {
    bus: bus === undefined ? undefined : busNamed(bus),
    iommus: number('iommus', text('iommus'), 1),
    ids: ids === undefined ? undefined : idLists(ids),
    cells: number('cells', text('cells'), 0),
    functions: number('functions', text('functions'), 1),
    bridge: only('bridge', text('bridge'), 'pcie-to-pci'),
    binding: only('binding', text('binding'), 'mmu-masters'),
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function busNamed(value: string): ShapeBus {
  const known = shapeBuses.find((bus) => bus === value);
  if (known !== undefined) return known;
  throw bad(`--bus takes ${shapeBuses.join(', ')}, not "${value}"`);
}

function only<T extends string>(
  option: string,
  value: string | undefined,
  known: T,
): T | undefined {
  if (value === undefined || value === known) return value as T | undefined;
  throw bad(`--${option} takes ${known}, not "${value}"`);
}

function number(option: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const count = /^\d{1,3}$/.test(value) ? Number(value) : -1;
  if (count >= least && count <= mostOfAnything) return count;
  throw bad(`--${option} takes a number from ${least} to ${mostOfAnything}, not "${value}"`);
}

/** `1,2/0x10`: IDs 1 and 2 at the first IOMMU, 16 at the second. */
function idLists(value: string): number[][] {
  return value.split('/').map((list) =>
    list.split(',').map((id) => {
      const read = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(id) ? Number(id) : -1;
      if (read >= 0 && read <= 0xffff_ffff) return read;
      throw bad(
        `--ids takes numbers between commas, those of the next IOMMU behind a "/", not "${value}"`,
      );
    }),
  );
}

function bad(problem: string): UsageError {
  return new UsageError('cli/bad-option', problem);
}
