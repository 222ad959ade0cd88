import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../src/linux/index.ts';
import { inspect, type MachineDevice } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { capturedOf, captures, machineOfCapture } from './acpi-captures.ts';

function objectOf({ bus, acpi }: MachineDevice): string | null {
  const fwnode = bus === 'platform' ? acpi?.fwnode : null;
  return fwnode?.kind === 'device' ? fwnode.path : null;
}

describe.each(captures)('%s', (name) => {
  const machine = machineOfCapture(name);
  const captured = capturedOf(name);
  const kernel = designOf(`v${name.replace(/^.*-k/, '')}`);
  const inspection = inspect(machine, kernel, defaultKconfig);
  const grouped = new Map(
    captured.groups.flatMap(({ type, devices }) => devices.map((of) => [of, type] as const)),
  );
  const compared = inspection.devices.filter(
    (of) => of.name in captured.drivers || grouped.has(of.name),
  );

  test('has the devices, paths and objects that the kernel has', () => {
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    const predicted = machine.devices.map((of) => ({
      name: of.name,
      bus: of.bus,
      path: of.path,
      object: objectOf(of),
    }));
    const observed = captured.devices.map(({ acpi_path, name: of, bus, path }) => ({
      name: of,
      bus,
      path,
      object: bus === 'platform' ? acpi_path : null,
    }));
    expect(predicted.sort(byPath)).toEqual(observed.sort(byPath));
    expect(machine.notes).toEqual([]);
  });

  test('has the groups, domains and IDs that the kernel made', () => {
    const predicted = compared.map((of) => {
      const ids = of.iommus.flatMap((at) => at.ids.map(({ id }) => `0x${id.toString(16)}`));
      return [of.name, of.domain, ids];
    });
    const observed = compared.map((of) => [
      of.name,
      grouped.get(of.name) ?? null,
      grouped.has(of.name) ? captured.fwspec_ids[of.name] : [],
    ]);
    expect(predicted).toEqual(observed);
    const names = new Set(compared.map((of) => of.name));
    const membersOf = (groups: readonly { readonly devices: readonly string[] }[]) =>
      groups
        .map(({ devices }) => devices.filter((of) => names.has(of)).sort())
        .filter((devices) => devices.length > 0)
        .sort();
    expect(membersOf(inspection.groups)).toEqual(membersOf(captured.groups));
    expect(captured.deferred).toEqual([]);
  });
});
