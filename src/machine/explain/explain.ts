import {
  type Design,
  type device,
  errnoName,
  type fwnode_handle,
  type Kconfig,
} from '../../linux/index.ts';
import { hex, present } from '../../util/index.ts';
import { type Boot, type BootOptions, bootMachine, fateOf } from '../boot/boot.ts';
import { waitsBeforeDma } from '../boot/end-state.ts';
import { mappedIdsOf } from '../boot/mapped-ids.ts';
import { Recorder } from '../boot/record/recorder.ts';
import { inspectBoot } from '../inspect/inspect.ts';
import { iommusOf } from '../inspect/iommus.ts';
import type { Finding, InspectedDevice, InspectedIommu, Inspection } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { deviceNamed } from '../naming/naming.ts';
import { addAcpi } from './acpi.ts';
import { acsAskedBy, isolationsAround } from './acs.ts';
import { addMap, addSpecifiers, type Described } from './devicetree.ts';
import { addDomain } from './domain.ts';
import { atNode, Chain, type ExplainStep, type Explanation } from './explanation.ts';
import { addGroup, Memberships } from './group.ts';
import { addIommu, type Booted } from './iommu.ts';
import { addFunction } from './pci.ts';
import { refusalOf } from './refusal.ts';
import { traceOf } from './trace.ts';
import { addAssumed, addUnits } from './units.ts';

/** A machine that has booted with everything written down, to be asked about its devices. */
export interface Explainer {
  readonly inspection: Inspection;
  readonly memberships: Memberships;
  readonly boot: Boot;
  readonly explain: (of: MachineDevice) => Explanation;
}

export interface ExplainOptions extends BootOptions {
  /** Whether explanations have a trace, which takes much memory of a large machine. */
  readonly traced?: boolean;
}

/** Boot the machine as for `inspect`, and write down what it does. */
export function explainerOf(
  machine: Machine,
  design: Design,
  config: Kconfig,
  { traced = false, ...options }: ExplainOptions = {},
): Explainer {
  const recorder = new Recorder({ pci_device_group: isolationsAround }, traced);
  const boot = bootMachine(machine, recorder.watching(design), config, {
    ...options,
    watch: (world) => recorder.attach(world),
  });
  recorder.end();
  const inspection = inspectBoot(machine, boot);
  const foundOf = new Map(machine.devices.map((of, i) => [of, inspection.devices[i]]));
  const iommus = iommusOf(machine, boot);
  const devices = byDevice(boot);
  const acs = { devices, config, askedBy: askedBy(machine, recorder) };
  const memberships = new Memberships(recorder, acs);
  const explain = (of: MachineDevice): Explanation => {
    const found = present(foundOf.get(of), of.name);
    const dev = boot.devices.get(of) as device;
    const chain = new Chain(machine.sources);
    addDevice(chain, of);
    const described: Described = { k: boot.k, dev, devices };
    const usable = addDescription(chain, machine, of, { boot, recorder, iommus }, described);
    addProbe(chain, { boot, recorder }, found, dev, usable);
    if (boot.crash === null) {
      addGroup(chain, memberships, dev);
      if (dev.iommu_group.value !== null) addDomain(chain, recorder, dev.iommu_group.value, boot.k);
    }
    return {
      ...killersIn(inspection),
      device: found,
      steps: decided(chain.steps, found),
      get trace() {
        return traced ? traceOf(recorder.root, dev) : null;
      },
    };
  };
  return { inspection, memberships, boot, explain };
}

/**
 * Why a device gets what it gets: the machine boots as for `inspect`, and what it does is written
 * down.
 *
 * @throws UsageError when no device has the name
 */
export function explain(
  machine: Machine,
  name: string,
  design: Design,
  config: Kconfig,
  options: ExplainOptions = {},
): Explanation {
  const of = deviceNamed(machine, name);
  return explainerOf(machine, design, config, options).explain(of);
}

/** What some kernels do not survive. */
export function killersIn({ findings }: Inspection): { readonly findings?: readonly Finding[] } {
  const killers = findings.filter(({ kills }) => kills !== undefined);
  return killers.length === 0 ? {} : { findings: killers };
}

/** The test that counts is the last that failed, of a device that has no IOMMU at the end. */
function decided(steps: readonly ExplainStep[], { group, domain }: InspectedDevice): ExplainStep[] {
  const behind = group !== null && domain !== null;
  const last = behind ? -1 : steps.findLastIndex(({ failed }) => failed);
  return steps.map((step, i) => ({ ...step, failed: i === last }));
}

/** Why Linux enables ACS. */
function askedBy({ firmware }: Machine, recorder: Recorder): string | null {
  if (firmware === 'none') return 'the driver of an IOMMU asks for ACS';
  const by = acsAskedBy(recorder);
  return by === null ? null : `${by}() asks for ACS`;
}

function byDevice({ devices }: Boot): ReadonlyMap<device, MachineDevice> {
  return new Map([...devices].map(([of, dev]) => [dev, of]));
}

function addDevice(chain: Chain, of: MachineDevice): void {
  if (of.pci !== null) {
    addFunction(chain, of);
    return;
  }
  const np = of.of_node;
  const what = of.compatible.length === 0 ? '' : `, ${of.compatible.join(', ')}`;
  const where = np === null ? (of.acpi?.fwnode?.path ?? of.path) : np.path;
  chain.add('device', `${of.bus} device of ${where}${what}`, np && atNode(np));
  if (of.made === undefined) return;
  const { by, driver, through } = of.made;
  const maker = through ?? by.of_node;
  const whose = maker === null || maker === by.of_node ? '' : `for ${maker.path}, `;
  const text = `${driver} makes it, ${whose}once ${by.name} is bound`;
  chain.add('device', text, maker && atNode(maker));
}

/** What firmware says of the device, and the IOMMUs that it names; whether all can be used. */
function addDescription(
  chain: Chain,
  machine: Machine,
  of: MachineDevice,
  booted: Booted & { readonly iommus: ReadonlyMap<fwnode_handle, InspectedIommu> },
  described: Described,
): boolean {
  const { boot, iommus } = booted;
  if (machine.firmware === 'none') {
    addAssumed(chain, described, boot);
    return false;
  }
  if (machine.units !== undefined) {
    addUnits(chain, machine.units, described, boot, [...iommus.values()]);
    return false;
  }
  const nodes = nodesFor(chain, machine, of, described);
  return nodes.length > 0 && nodes.every((node) => addIommu(chain, booted, node, iommus.get(node)));
}

function nodesFor(
  chain: Chain,
  { acpi }: Machine,
  of: MachineDevice,
  described: Described,
): fwnode_handle[] {
  const { dma_node } = described.dev;
  if (dma_node !== null) {
    const ids = mappedIdsOf(of, described.dev);
    return ids === null
      ? addSpecifiers(chain, described, dma_node)
      : addMap(chain, described, dma_node, ids);
  }
  if (acpi !== undefined) return addAcpi(chain, described);
  chain.fail('description', 'no firmware node describes its DMA');
  return [];
}

/** What the IOMMU's driver and the kernel's path came to. */
function addProbe(
  chain: Chain,
  { boot, recorder }: Booted,
  { name, outcome, errno, iommus, reasons }: InspectedDevice,
  dev: device,
  usable: boolean,
): void {
  if (boot.crash !== null) {
    chain.fail('probe', `the kernel ${fateOf(boot)} while it boots: ${boot.crash}`);
    return;
  }
  for (const { iommu, ids } of iommus) {
    const listed = ids.map(({ id, mask }) => (mask === 0 ? hex(id) : `${hex(id)}/${hex(mask)}`));
    chain.add('probe', `${iommu} has taken ${name} with ${listed.join(', ') || 'no IDs'}`);
  }
  if (outcome === 'translated' || outcome === 'identity') return;
  if (boot.absent.has(dev)) {
    chain.fail('probe', reasons.join('; '));
    return;
  }
  if (usable) chain.fail('probe', refusalOf({ boot, recorder }, dev, errno));
  else if (outcome === 'failed' && errno !== null && boot.k.instances.has(dev))
    chain.fail('probe', 'it is an IOMMU, and the probe of its own driver fails');
  if (outcome === 'deferred') {
    const [held = 'waits for the IOMMU'] = waitsBeforeDma(dev);
    chain.add('probe', usable ? 'its driver waits' : `its driver ${held}`);
  } else if (errno !== null) {
    const end = outcome === 'direct' ? 'its driver binds without an IOMMU' : 'no driver is bound';
    chain.add('probe', `the kernel's path ends in ${errnoName(errno)}: ${end}`);
  }
}
