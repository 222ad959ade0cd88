import { isAvailable } from '../../firmware/index.ts';
import type { Build, IommuDriver } from '../../linux/index.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { type Bindings, bindingsOf } from './build.ts';
import type { BootPlan, Offer } from './plan/plan.ts';

/** Which driver each device is offered to, under a plan. */
export class Offers {
  /** IOMMU drivers that come some time, with what they bind to. */
  readonly iommus: Bindings;
  readonly #plan: BootPlan;
  readonly #build: Build;

  constructor(machine: Machine, plan: BootPlan, build: Build) {
    this.#plan = plan;
    this.#build = build;
    this.iommus = new Map(
      [...bindingsOf(machine, build)].filter(
        ([of, driver]) => plan.iommuOfferOf(driver, of) !== null,
      ),
    );
  }

  of(device: MachineDevice): Offer | null {
    if (isKeptBack(device, this.#build)) return null;
    const iommu: IommuDriver | undefined = this.iommus.get(device);
    return iommu === undefined
      ? this.#plan.offerOf(device)
      : this.#plan.iommuOfferOf(iommu, device);
  }
}

/** A PCI function that firmware has switched off: it is there, and no driver is to have it. */
export function isKeptBack({ pci, of_node }: MachineDevice, { design }: Build): boolean {
  const isOff = pci !== null && of_node !== null && !isAvailable(of_node);
  return isOff && design.release.disabledFunctions;
}
