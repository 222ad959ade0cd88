// What drivers print about the hardware that they find. Firmware does not say it.

import { EBUSY, EINVAL, ENODEV, ENXIO, type IommuHardware } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';

/** A line of a driver about what it read, and what follows from that. */
interface Print {
  readonly driver: 'arm-smmu' | 'arm-smmu-v3';
  readonly text: RegExp;
  readonly says: (number: number) => IommuHardware;
}

const prints: readonly Print[] = [
  {
    driver: 'arm-smmu',
    text: /^stream matching with (\d+) register groups$/,
    says: (streamMappingEntries) => ({ streamMappingEntries }),
  },
  {
    driver: 'arm-smmu',
    text: /^(\d+) context banks \(\d+ stage-2 only\)$/,
    says: (contextBanks) => ({ contextBanks }),
  },
  {
    driver: 'arm-smmu',
    text: /^(?:no translation support!|stream-matching supported, but no SMRs present!|impossible number of S2 context banks!)$/,
    says: () => ({ probeErrno: -ENODEV }),
  },
  {
    driver: 'arm-smmu-v3',
    text: /^(?:no translation support!|AArch64 table format not supported!|unknown\/unsupported TT endianness!)$/,
    says: () => ({ probeErrno: -ENXIO }),
  },
  {
    driver: 'arm-smmu-v3',
    text: /^MMIO region too small \(.*\)$/,
    says: () => ({ probeErrno: -EINVAL }),
  },
];

/** What any driver does whose registers are memory, or another's. @linux lib/devres.c */
const taken = /(?:^|\] )\S+ (\S+): (?:error -EBUSY: )?can't request region for resource /;

/** What Intel's driver prints of a unit that answers. */
const unit = /DMAR: (dmar\d+): reg_base_addr \S+ ver \S+ cap ([\da-f]+) ecap ([\da-f]+)\s*$/;

/** What it prints of one that does not, which has no name yet. */
const silentUnit = /DMAR reported at address ([\da-f]+) returns all ones/;
const allOnes = 0xffff_ffff_ffff_ffffn;

/** What IOMMUs without a name are known by. */
export function registersAt(address: bigint): string {
  return `registers at ${hex(address)}`;
}

/** What AMD's driver prints of all IOMMUs; the first stands for them. */
const features = /AMD-Vi: Extended features \(0x([\da-f]+)[,)]/;

/** What a kernel log says of the registers of each IOMMU, by the name of its device. */
export function hardwareInLog(lines: readonly string[]): Map<string, IommuHardware> {
  const known = new Map<string, IommuHardware>();
  for (const line of lines) {
    const [, address] = silentUnit.exec(line) ?? [];
    if (address !== undefined)
      known.set(registersAt(BigInt(`0x${address}`)), {
        registers: { cap: allOnes, ecap: allOnes },
      });
    const [, dmar, cap = '', ecap = ''] = unit.exec(line) ?? [];
    if (dmar !== undefined)
      known.set(dmar, { registers: { cap: BigInt(`0x${cap}`), ecap: BigInt(`0x${ecap}`) } });
    const [, efr] = features.exec(line) ?? [];
    if (efr !== undefined) known.set('ivhd0', { extendedFeatures: BigInt(`0x${efr}`) });
    const [, name] = taken.exec(line) ?? [];
    if (name !== undefined) known.set(name, { ...known.get(name), probeErrno: -EBUSY });
    const found = /(?:^|\] )(arm-smmu(?:-v3)?) (\S+): \s*(.*?)\s*$/.exec(line);
    if (found === null) continue;
    const [, driver, of = '', said = ''] = found;
    for (const { text, says, ...print } of prints) {
      const match = print.driver === driver ? text.exec(said) : null;
      if (match !== null) known.set(of, { ...known.get(of), ...says(Number(match[1])) });
    }
  }
  return known;
}
