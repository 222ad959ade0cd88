import type { Shape, ShapeBus } from '../../machine/index.ts';
import type { ShapeFirmware } from '../builtin.ts';

/** What a cause of bugs is worth: whether Linux has it. docs/findings.md says what the words mean. */
export type Status = 'real' | 'narrow' | 'model-only';

/** One thing that is wrong with a kernel, or with the model, and what it shows itself by. */
export interface Finding {
  /** A heading of docs/findings.md. No two have the same. */
  readonly name: string;
  readonly status: Status;
  /** Where it was reported; empty where nobody is known to have done so. */
  readonly reported: string;
  /** The first kernel of the model that has it, and the first after it that does not; null while the newest has it. */
  readonly kernels: readonly [from: string, until: string | null];
  /** Markdown, line by line: why it is what it is. */
  readonly text: readonly string[];
  readonly found: readonly Found[];
}

/** Where a finding shows: some of these bugs, in each of these scenarios, on each of these kernels. */
export interface Found {
  readonly on: readonly string[];
  readonly in: readonly string[];
  /** Behind this driver; without one, behind whatever driver has none of its own here. */
  readonly with?: string;
  /** Where this describes the device; without it, whatever does, and by what the scenario is about. */
  readonly firmware?: ShapeFirmware;
  /** Where the device is on this bus; without it, on whatever bus. */
  readonly bus?: ShapeBus;
  /** Where it is behind such a bridge; without it, whatever it is behind. */
  readonly bridge?: Shape['bridge'] & string;
  /** Where the device is of such a shape; without it, of whatever shape. */
  readonly shape?: Oddity;
  /** By their fingerprints. */
  readonly bugs: readonly string[];
  /** The causes, by their names, where several hide behind one of the bugs. */
  readonly causes?: readonly string[];
  /** False where the causes are those of the other rows, and no witness was followed in the source for this one. */
  readonly followed?: false;
}

/** A shape of devices that something is said of, and how it is asked for. */
export const oddities = {
  'mmu-masters': '--binding mmu-masters',
  'id-twice': '--ids 1,1',
  'two-ids': '--ids 1,2',
  'three-ids': '--ids 1,2,3',
  'two-iommus': '--iommus 2',
  'no-cells': '--cells 0',
} as const;

export type Oddity = keyof typeof oddities;

/** What is odd about a device. */
export function odditiesOf({ binding, specifiers, iommus }: Shape): readonly Oddity[] {
  const said = specifiers.map(({ iommu, args }) => [iommu, ...args].join(' '));
  const is: Readonly<Record<Oddity, boolean>> = {
    'mmu-masters': binding === 'mmu-masters',
    'id-twice': new Set(said).size < said.length,
    'two-ids': specifiers.length > 1,
    'three-ids': specifiers.length > 2,
    'two-iommus': iommus.length > 1,
    'no-cells': iommus.some(({ cells }) => cells === 0),
  };
  return (Object.keys(is) as Oddity[]).filter((oddity) => is[oddity]);
}

/** Rows of a finding by their causes alone. */
export function notFollowed(rows: readonly Found[]): readonly Found[] {
  return rows.map((row) => ({ ...row, followed: false }));
}

/** What is told under the name of a kernel. */
export interface Section {
  readonly title: string;
  readonly intro: readonly string[];
  readonly findings: readonly Finding[];
}

/** When mailing lists and trackers were searched for reports. */
export const searched = 'November 2026';

/** What comes of a device that is in a group by the first of its IOMMUs alone. */
export const halfDescribed: readonly string[] = [
  'property:DMA-goes-through-the-group-that-the-device-is-in:end',
  'property:a-device-gets-all-its-IOMMUs-and-IDs:end',
  'property:a-probed-device-keeps-its-description:always',
  'property:arm_smmu_probe_device:iommu_fwspec',
  'property:every-bound-driver-has-claimed-the-group-of-its-device,-once:end',
];
