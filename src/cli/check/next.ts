// What to run next: commands to copy, for the machine that was checked and the kernel that was asked for.

import { type InspectedDevice, type Inspection, kconfigWords } from '../../machine/index.ts';
import { type KernelVerdict, reasonOf } from '../../report/index.ts';
import type { Options } from '../arguments/checked.ts';

/** The commands, as words; the most helpful first. */
export function nextCommands(
  machine: string,
  inspection: Inspection,
  { causes }: Pick<KernelVerdict, 'causes'>,
  kernel: string,
  options: Options,
): string[][] {
  const asked = kernelWords(options);
  const [worst] = causes;
  const device =
    faultyDevice(inspection) ?? worst?.search.devices[0] ?? behindOne(inspection)?.name ?? null;
  const commands: string[][] = [];
  if (device !== null) commands.push(['fwspec', 'explain', machine, device, ...asked]);
  if (worst !== undefined) {
    const { exploration, devices } = worst.search;
    const where = ['--machine', machine, '--device', devices[0] ?? ''];
    const always = options.kernel === null ? ['--kernel', kernel] : [];
    const explore = ['fwspec', 'explore', exploration.scenario, ...where, ...always, ...asked];
    commands.push(explore);
  }
  if (behindOne(inspection) !== undefined) commands.push(['fwspec', 'groups', machine, ...asked]);
  else commands.push(['fwspec', 'check', machine, '--full', ...asked]);
  return commands;
}

/** A device that got no IOMMU and that something is found about. */
function faultyDevice({ devices, findings }: Inspection): string | null {
  const lost = devices.find(({ outcome }) => ['failed', 'deferred', 'absent'].includes(outcome));
  if (lost !== undefined) return lost.name;
  const nodes = new Set(findings.map(({ node }) => node));
  const direct = devices.filter(
    ({ outcome, name, firmware_node }) =>
      outcome === 'direct' && (nodes.has(name) || nodes.has(firmware_node ?? name)),
  );
  const alike = (device: InspectedDevice): number =>
    direct.filter((other) => reasonOf(other) === reasonOf(device)).length;
  return direct.toSorted((a, b) => alike(b) - alike(a))[0]?.name ?? null;
}

function behindOne({ devices }: Inspection): InspectedDevice | undefined {
  return devices.find(({ outcome }) => outcome === 'translated' || outcome === 'identity');
}

/** The options that say which kernel, as they were given. */
function kernelWords({ kernel, patch, asked, assume }: Options): string[] {
  return [
    ...(assume === null ? [] : ['--assume', assume]),
    ...(kernel === null ? [] : ['--kernel', kernel]),
    ...(patch === null ? [] : ['--patch', patch]),
    ...kconfigWords(asked).flatMap((word) => ['--kconfig', word]),
    ...(asked.cmdline === null ? [] : ['--cmdline', asked.cmdline]),
  ];
}
