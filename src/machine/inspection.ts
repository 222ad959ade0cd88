// What `inspect` finds out. The names are those of the JSON that people's scripts read.

/** What a device ends up with. `absent`: nobody has made it, or found it on its bus. */
export type DeviceOutcome = 'translated' | 'identity' | 'direct' | 'deferred' | 'failed' | 'absent';

export type DomainName = 'DMA' | 'DMA-FQ' | 'identity';

export type IommuState = 'registered' | 'disabled' | 'no-driver' | 'failed';

/** An IOMMU that firmware describes. */
export interface InspectedIommu {
  /** As the kernel names the device. */
  readonly name: string;
  /** Of its firmware node. */
  readonly path: string;
  readonly compatible: readonly string[];
  /** The model's driver for it. */
  readonly driver: string | null;
  readonly state: IommuState;
  /** `#iommu-cells`, null when it is missing or malformed. */
  readonly cells: number | null;
}

/** How an IOMMU knows a device: IDs that differ only in bits of `mask` are the same to it. */
export interface InspectedId {
  readonly id: number;
  readonly mask: number;
}

export interface InspectedDevice {
  readonly name: string;
  /** Below `/sys`. Of one that is too long to be opened, both ends. */
  readonly path: string;
  readonly bus: 'pci' | 'platform' | 'amba' | 'fsl-mc' | 'host1x-context' | 'cdx';
  /** The node that describes its DMA: a PCI function's is its host bridge. */
  readonly firmware_node: string | null;
  readonly outcome: DeviceOutcome;
  /** The error that decided the outcome. */
  readonly errno: number | null;
  readonly iommus: readonly { readonly iommu: string; readonly ids: readonly InspectedId[] }[];
  readonly group: number | null;
  readonly domain: DomainName | null;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
  /** What the answer rests on that nothing shows: a name, a colon, a sentence. Absent when nothing. */
  readonly assumes?: readonly string[];
}

export interface InspectedGroup {
  readonly id: number;
  readonly type: DomainName | null;
  readonly devices: readonly string[];
}

export type Severity = 'error' | 'warning' | 'note';

/** What becomes of a kernel. */
export interface Kills {
  /** One that goes outside of the memory of a table may come up all the same. */
  readonly how: 'hang' | 'panic' | 'read-outside' | 'write-outside';
  /** The first and the last release that does not survive, of those that are known. */
  readonly kernels: readonly [first: string, last: string];
}

/** A part of a source, and what to write there. Lines and columns are from 1; the end is behind the part. */
export interface SourceEdit {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
}

/** Something wrong in a description of IOMMUs. */
export interface Finding {
  /** Stable kebab-case name. */
  readonly rule: string;
  readonly severity: Severity;
  /** Path of the node. */
  readonly node: string;
  readonly property: string | null;
  /** Byte offset in the blob, null when no byte of it is to blame. */
  readonly offset: number | null;
  /** Where a source is known that it is written in: the file, and the line from 1. */
  readonly file?: string;
  readonly line?: number;
  /** From 1, where the cell is that it is about, else where the property begins. */
  readonly column?: number;
  readonly message: string;
  /** What to do about it. */
  readonly help: string;
  /** All nodes of which the same is to be said, `node` the first; absent where there is no other. */
  readonly nodes?: readonly string[];
  /** Whom it touches, where that is somebody else than the node. */
  readonly devices?: readonly string[];
  /** What to write in the source instead; absent where somebody has to decide. */
  readonly fix?: readonly SourceEdit[];
  /** Kernels that do not survive it; absent where all do. */
  readonly kills?: Kills;
}

export interface Inspection {
  readonly machine: {
    readonly firmware: 'devicetree' | 'acpi' | 'none';
    readonly model: string;
    readonly compatible: readonly string[];
  };
  readonly iommus: readonly InspectedIommu[];
  /** Every device of the machine, in the order in which Linux creates them. */
  readonly devices: readonly InspectedDevice[];
  readonly groups: readonly InspectedGroup[];
  readonly findings: readonly Finding[];
  /** What was assumed, or could not be used, and why. */
  readonly notes: readonly string[];
}
