import { Pointer, type Scalar, type Variable } from '../../llvm/index.ts';
import { type ByName, ENODEV, errno, returning } from '../by-hand.ts';
import type { Structs } from '../structs.ts';
import type { Described, Kernel } from '../world/index.ts';

const AE_OK = 0;

/** Devices of the namespace, and what a kernel asks of them. */
export class Companions {
  readonly #structs: Structs;
  readonly #ops: Scalar;
  /** By the structure of each, the text of its path. */
  readonly #paths = new Map<Variable, Pointer>();

  constructor(kernel: Kernel) {
    this.#structs = kernel.structs;
    this.#ops = kernel.maybeVariable('acpi_device_fwnode_ops')?.at(0) ?? 0n;
    kernel.provide(this.#functions());
  }

  /** A device of the namespace, and a `struct device` that has it as its companion. */
  describe(path: string, ids: number): Described {
    const structs = this.#structs;
    const adev = structs.make(`ACPI ${path}`, 'acpi_device', { 'fwnode.ops': this.#ops });
    structs.fill(adev, 'acpi_device', { handle: adev.at(0) });
    for (const list of ['suppliers', 'consumers'])
      structs.emptyList(adev, 'acpi_device', `fwnode.${list}`);
    this.#paths.set(adev, structs.text(path));
    const fwnode = structs.at(adev.at(0), 'acpi_device', 'fwnode') as Pointer;
    return { fields: { fwnode }, fwnode, ids };
  }

  #pathOf(pointer: Scalar): Pointer | null {
    if (!(pointer instanceof Pointer)) return null;
    return this.#paths.get(pointer.memory as Variable) ?? null;
  }

  #functions(): ByName {
    const structs = this.#structs;
    const companions = this;
    const coherent = Number(structs.enumerator('DEV_DMA_COHERENT') ?? 2n);
    return {
      *is_acpi_device_node(_thread, fwnode = 0n) {
        return companions.#pathOf(fwnode) === null ? 0 : 1;
      },
      *acpi_get_name(thread, handle = 0n, _type = 0n, buffer = 0n) {
        const path = companions.#pathOf(handle);
        if (path === null) return thread.memory.fail('a name is asked of what is no ACPI device');
        yield* structs.store(thread, buffer, 'acpi_buffer', 'pointer', path);
        return AE_OK;
      },
      // Texts are not from the heap here.
      acpi_os_free: returning(0),
      acpi_has_method: returning(0),
      // How far a device sees memory, which nobody here asks; a search for it in C is ten times as long.
      acpi_arch_dma_setup: returning(0),
      acpi_get_dma_attr: returning(coherent),
      device_create_managed_software_node: returning(0),
      viot_iommu_configure: returning(errno(ENODEV)),
    };
  }
}

/** A kernel asks for a table by its signature. */
export function acpi_get_table(structs: Structs, table: Variable): ByName {
  return {
    *acpi_get_table(thread, _signature = 0n, _instance = 0n, out = 0n) {
      yield* thread.memory.store(out, 8, table.at(0));
      return AE_OK;
    },
    acpi_put_table: returning(0),
    acpi_format_exception: returning(structs.text('')),
  };
}
