import type { Task } from '../../explore/index.ts';
import { big, Pointer, type Scalar, type Thread, type Variable } from '../../llvm/index.ts';
import { type ByName, ENODEV, errno, returning } from '../by-hand.ts';
import type { Described, Device, Kernel } from '../world/index.ts';

const AE_OK = 0;

/** `IORESOURCE_MEM` */
const memory = 0x200n;

/** `DEV_DMA_COHERENT` */
const coherent = 2;

interface Companion {
  /** Its path in the namespace, in the memory of the kernel. */
  readonly path: Pointer;
  readonly adev: Pointer;
  /** Where its registers are; null where nobody asks. */
  readonly address: number | null;
  /** That as a `struct resource`. */
  readonly resource: Scalar;
}

/** What the namespace calls a device. */
export function pathOf(name: string): string {
  return `\\_SB_.${name.toUpperCase().slice(0, 4).padEnd(4, '_')}`;
}

/** A function that looks for a table that is not there. */
export function isNot(name: string): ByName {
  return { [name]: returning(errno(ENODEV)) };
}

/** What the platform bus does to a device, where there is no driver core to do it. */
export function* configure(kernel: Kernel, thread: Thread, { dev }: Device): Task<Scalar> {
  return (yield* kernel.call(thread, 'acpi_dma_configure_id', dev, coherent, 0n)) as Scalar;
}

/** Devices of the namespace, and what a kernel asks of them. */
export class Companions {
  readonly #kernel: Kernel;
  readonly #all = new Map<Variable, Companion>();

  /** @param absent looks for tables that are not there */
  constructor(kernel: Kernel, absent: ByName) {
    this.#kernel = kernel;
    kernel.provide({ ...absent, ...this.#functions() });
  }

  /** A device of the namespace, and of a `struct device` that has it as its companion. */
  describe(name: string, ids: number, address: number | null = null): Described {
    const { structs } = this.#kernel;
    const path = pathOf(name);
    const ops = this.#kernel.maybeVariable('acpi_device_fwnode_ops')?.at(0) ?? 0n;
    const adev = structs.make(`ACPI ${path}`, 'acpi_device', { 'fwnode.ops': ops });
    structs.fill(adev, 'acpi_device', { handle: adev.at(0) });
    for (const list of ['suppliers', 'consumers'])
      structs.emptyList(adev, 'acpi_device', `fwnode.${list}`);
    const at = BigInt(address ?? 0);
    const resource =
      address === null
        ? 0n
        : structs
            .constant(`${name}->resource`, 'resource', {
              start: at,
              end: at + 0xffn,
              flags: memory,
            })
            .at(0);
    this.#all.set(adev, { path: structs.text(path), adev: adev.at(0), address, resource });
    const fwnode = structs.at(adev.at(0), 'acpi_device', 'fwnode') as Pointer;
    return { fields: { fwnode }, fwnode, ids };
  }

  /** The table that a kernel finds, whichever it asks for. */
  provideTable(table: Variable): void {
    this.#kernel.provide({
      *acpi_get_table(thread, _signature = 0n, _instance = 0n, out = 0n) {
        yield* thread.memory.store(out, 8, table.at(0));
        return AE_OK;
      },
      acpi_put_table: returning(0),
    });
  }

  #of(pointer: Scalar): Companion | null {
    if (!(pointer instanceof Pointer)) return null;
    return this.#all.get(pointer.memory as Variable) ?? null;
  }

  #functions(): ByName {
    const { structs } = this.#kernel;
    const companions = this;
    return {
      *is_acpi_device_node(_thread, fwnode = 0n) {
        return companions.#of(fwnode) === null ? 0 : 1;
      },
      *acpi_get_name(thread, handle = 0n, _type = 0n, buffer = 0n) {
        const known = companions.#of(handle);
        if (known === null) return thread.memory.fail('a name is asked of what is no ACPI device');
        yield* structs.store(thread, buffer, 'acpi_buffer', 'pointer', known.path);
        return AE_OK;
      },
      *acpi_resource_consumer(thread, resource = 0n) {
        const start = big(yield* structs.load(thread, resource, 'resource', 'start'));
        const all = [...companions.#all.values()];
        return all.find(({ address }) => address !== null && BigInt(address) === start)?.adev ?? 0n;
      },
      *platform_get_resource(thread, pdev = 0n) {
        const dev = structs.at(pdev, 'platform_device', 'dev');
        const fwnode = yield* structs.load(thread, dev, 'device', 'fwnode');
        return companions.#of(fwnode)?.resource ?? 0n;
      },
      // Texts are not from the heap here.
      acpi_os_free: returning(0),
      acpi_has_method: returning(0),
      // How far a device sees memory, which nobody here asks; a search for it in C is ten times as long.
      acpi_arch_dma_setup: returning(0),
      acpi_get_dma_attr: returning(coherent),
      device_create_managed_software_node: returning(0),
    };
  }
}
