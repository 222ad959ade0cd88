import type { PciConfig } from '../../firmware/pci/index.ts';
import {
  type PciTraits,
  type pci_bus,
  pci_dev,
  set_pcie_port_type,
  unknownFunction,
} from '../../linux/index.ts';
import { assert, present } from '../../util/index.ts';
import type { Machine, MachineDevice, PciFunction } from '../machine.ts';

/** The functions of a machine as the kernel's PCI core has them, each on its bus. */
export class PciTopology {
  readonly #hasIvrs: boolean;
  readonly #functions = new Map<MachineDevice, pci_dev>();
  /** Those that no bridge leads to: root buses, and what virtual functions overflow to. */
  readonly #buses = new Map<string, pci_bus>();
  /** What LPC bridges say, by bus. */
  readonly #rcba = new Map<string, number | null>();

  constructor({ acpi, firmware, devices }: Pick<Machine, 'acpi' | 'firmware' | 'devices'>) {
    // Where no table is known, an IOMMU of AMD among the functions tells.
    const shown = devices.some(({ pci }) => pci?.config?.secure_device != null);
    for (const { pci } of devices)
      if (pci?.devfn === lpcBridge)
        this.#rcba.set(busName(pci), pci.config?.root_complex_base ?? null);
    this.#hasIvrs = (acpi?.ivrs ?? null) !== null || (firmware === 'none' && shown);
  }

  functionOf(of: MachineDevice): pci_dev {
    let made = this.#functions.get(of);
    if (made === undefined) {
      const pci = present(of.pci, `${of.name} is a PCI function`);
      const bus = this.#busOf(pci);
      const traits = this.#traitsOf(pci);
      const pcie_type = set_pcie_port_type(traits.pcie_type, bus.self);
      made = new pci_dev(pci.segment, bus, pci.devfn, { ...traits, pcie_type });
      if (pci.real_dma_dev !== undefined) made.real_dma_dev = this.functionOf(pci.real_dma_dev);
      made.has_ivrs = this.#hasIvrs;
      made.lpc_rcba = this.#rcba.get(busName(pci)) ?? null;
      made.external_facing = facesOutside(of);
      made.usb4_host_interface = pci.port?.usb4_host_interface ?? false;
      this.#functions.set(of, made);
    }
    return made;
  }

  #busOf(pci: PciFunction): pci_bus {
    const { bus: number, bridge, physfn } = pci;
    const physical = physfn === undefined ? null : this.functionOf(physfn).bus;
    if (physical?.number === number) return physical;
    if (physical === null && bridge !== null) {
      const bus = this.functionOf(bridge).busBelow(number);
      assert(bus.number === number, 'one bus is below a bridge');
      return bus;
    }
    const key = busName(pci);
    let bus = this.#buses.get(key);
    if (bus === undefined) {
      bus = { number, self: null, parent: physical, devices: [] };
      this.#buses.set(key, bus);
    }
    return bus;
  }

  #traitsOf({ config, physfn }: PciFunction): PciTraits {
    const physical = physfn === undefined ? null : this.functionOf(physfn);
    if (config === null) return unknownFunction;
    const { acs } = config;
    return {
      // A virtual function's own IDs are all ones.
      vendor: physical?.vendor ?? config.vendor_id,
      device: config.device_id,
      pcie_type: config.pci_express?.type ?? null,
      multifunction: config.multifunction && physfn === undefined,
      is_virtfn: physfn !== undefined,
      acs: acs === null ? null : { capability: acs.capability, control: acs.control },
      hdr_type: config.header_type,
      class_code: config.class_code,
      subordinate_end: config.subordinate_bus ?? 0,
      physfn: physical,
      // A virtual function has none of its own, and shares that of its physical one.
      pasid: hasExtended(physfn?.pci?.config ?? config, 0x1b),
      ats: hasExtended(config, 0x0f),
      pri: hasExtended(config, 0x13),
      iommu_capability: config.secure_device,
      msi: hasMsi(config),
    };
  }
}

/** `PCI_DEVFN(31, 0)` */
const lpcBridge = 0xf8;

function busName({ segment, bus }: PciFunction): string {
  return `${segment}:${bus}`;
}

function hasExtended({ extended_capabilities }: PciConfig, wanted: number): boolean {
  return extended_capabilities.some(({ id }) => id === wanted);
}

/** A configuration space that was cut at its header shows no capability at all. */
function hasMsi({ capabilities }: PciConfig): boolean | null {
  return capabilities.some(({ id }) => id !== 0) ? capabilities.some(({ id }) => id === 5) : null;
}

/** A devicetree may say it of any bridge; ACPI is believed for root ports only. */
function facesOutside({ of_node, pci }: MachineDevice): boolean {
  if (of_node?.properties.has('external-facing')) return true;
  return pci?.port?.external_facing === true && pci.config?.pci_express?.type === rootPort;
}

/** PCI Express Base Specification, device/port type. */
const rootPort = 4;
