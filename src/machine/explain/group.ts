// Which rule put a device into its group, as the recorded boot has it, and who else is in there.

import { type device, dmaAliases, type iommu_group, type pci_dev } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import { endStateOf } from '../boot/end-state.ts';
import type { RecordedCall, Recorder } from '../boot/recorder.ts';
import { attachmentOf } from '../inspect/inspect.ts';
import type { InspectedId } from '../inspection.ts';
import type { MachineDevice } from '../machine.ts';
import { atAcs, firstGap, type Isolations, isolationText } from './acs.ts';
import type { Chain, Place } from './explanation.ts';
import { nameOf } from './pci.ts';

interface Gap {
  readonly text: string;
  readonly place: Place | null;
}

interface Rule {
  readonly text: string;
  /** The function that does not isolate, when that is why. */
  readonly gap?: Gap;
}

type Devices = ReadonlyMap<device, MachineDevice>;

/** The rule for the device, the isolation above it, and the rule for each other member. */
export function addGroup(chain: Chain, recorder: Recorder, devices: Devices, dev: device): void {
  const group = dev.iommu_group.value;
  if (group === null) return;
  const choice = choiceOf(recorder, dev, group);
  const rule = ruleOf(devices, dev, group, choice);
  chain.add('group', `group ${group.id}: ${rule.text}`);
  if (choice !== null) addIsolation(chain, devices, dev, choice);
  for (const { dev: other } of group.devices.value) {
    if (other === null || other === dev) continue;
    const { text, gap } = ruleOf(devices, other, group, choiceOf(recorder, other, group));
    const why = gap === undefined ? text : `${text}: ${gap.text}`;
    chain.add('member', `${other.name} is in it, too: ${why}`, gap?.place ?? null);
  }
}

/** The call that came to the group, outermost: of a driver's `device_group`, as a rule. */
function choiceOf(recorder: Recorder, dev: device, group: iommu_group): RecordedCall | null {
  let found: RecordedCall | null = null;
  for (const call of recorder.calls()) {
    const { result, caller } = call;
    if (result !== group || call.device !== dev || caller?.device !== dev) continue;
    // While another device is being probed, this one is only looked at.
    if (caller.result !== group && pathTo(call, group).some(chooses)) found = call;
  }
  return found;
}

/** `pci_device_group()` and the like, as opposed to functions that look a group up. */
function chooses({ name }: RecordedCall): boolean {
  return name.endsWith('_group');
}

/** The innermost call that first had the group in its hands, and the functions around it. */
function pathTo(call: RecordedCall, group: iommu_group): RecordedCall[] {
  for (const step of call.steps)
    if (step.kind === 'call' && step.result === group) return [call, ...pathTo(step, group)];
  return [call];
}

function ruleOf(
  devices: Devices,
  dev: device,
  group: iommu_group,
  choice: RecordedCall | null,
): Rule {
  if (choice === null) return { text: 'the driver has put it there' };
  const path = pathTo(choice, group);
  const names = path.map(({ name }) => name);
  const last = present(path.at(-1), 'a call');
  const pci = path.find(({ name }) => name === 'pci_device_group');
  if (last.name === 'iommu_group_alloc') return newGroup(names, pci !== undefined);
  if (pci !== undefined && last.name === 'iommu_group_get' && last.device !== null) {
    return sharedPci(devices, dev, last.device, names, pci.noted as Isolations);
  }
  if (names.includes('generic_single_device_group')) {
    return { text: 'all devices behind this IOMMU share one group' };
  }
  const partner = group.devices.value.find(
    (member) => member.dev !== null && member.dev !== dev && sharesId(dev, member.dev),
  )?.dev;
  const whose = partner == null ? 'a member of the group' : partner.name;
  const rule = path.find(chooses)?.name;
  return { text: `that of ${whose}: ${rule}() finds an ID that both have` };
}

/** Whether an IOMMU would take a request of one for a request of the other. */
function sharesId(one: device, other: device): boolean {
  const theirs = idsOf(other);
  return idsOf(one).some((a) =>
    theirs.some((b) => a.iommu === b.iommu && ((a.id ^ b.id) & ~(a.mask | b.mask)) === 0),
  );
}

function idsOf(dev: device): (InspectedId & { readonly iommu: string })[] {
  const attachments = endStateOf(dev).attachments.map(attachmentOf);
  return attachments.flatMap(({ iommu, ids }) => ids.map((id) => ({ iommu, ...id })));
}

function newGroup(names: readonly string[], isPci: boolean): Rule {
  const name = names.at(-2) ?? '';
  if (isPci) {
    return {
      text: 'new: no function that has one by then sends with its ID or can be reached past the IOMMU',
    };
  }
  const text =
    name === 'generic_single_device_group'
      ? 'new: the first device behind this IOMMU, all of which share one group'
      : 'new: each such device has a group of its own';
  return { text };
}

/** Which step of `pci_device_group()` found somebody with a group. */
function sharedPci(
  devices: Devices,
  dev: device,
  partner: device,
  names: readonly string[],
  isolations: Isolations,
): Rule {
  const own = present(dev.pci, 'a PCI function');
  const other = present(partner.pci, 'a PCI function');
  const shares = `that of ${partner.name}`;
  const gapAt = (pdev: pci_dev): Gap => ({
    text: isolationText(isolations, pdev),
    place: atAcs(devices, pdev),
  });
  if (names.includes('get_pci_function_alias_group')) {
    const mate = slotMate(own, other);
    const whose = mate === own ? 'another function of its slot' : `in the slot of ${nameOf(mate)}`;
    return { text: `${shares}, ${whose}`, gap: gapAt(mate) };
  }
  if (names.includes('get_pci_alias_group')) {
    return { text: `${shares}, which uses the same requester ID` };
  }
  if (dmaAliases(own).some(({ pdev }) => pdev === other)) {
    return { text: `${shares}, by whose requester ID the IOMMU knows it` };
  }
  const gap = firstGap(isolations, other) ?? other;
  return { text: `${shares}, which is above it`, gap: gapAt(gap) };
}

/** The function that came up to the slot: it, or the bridge above it that is in the same slot. */
function slotMate(own: pci_dev, other: pci_dev): pci_dev {
  for (let at: pci_dev | null = own; at !== null; at = at.bus.self)
    if (at.bus === other.bus && at.devfn >> 3 === other.devfn >> 3) return at;
  return own;
}

/** Whether each bridge above a function isolates, and the function itself in its slot. */
function addIsolation(chain: Chain, devices: Devices, dev: device, choice: RecordedCall): void {
  const pci = [choice, ...callsIn(choice)].find(({ name }) => name === 'pci_device_group');
  if (pci === undefined || dev.pci === null) return;
  const isolations = pci.noted as Isolations;
  if (isolations.get(dev.pci)?.multifunction === true)
    chain.add('group', isolationText(isolations, dev.pci), atAcs(devices, dev.pci));
  for (let at = dev.pci.bus.self; at !== null; at = at.bus.self)
    chain.add('group', isolationText(isolations, at), atAcs(devices, at));
}

function* callsIn(call: RecordedCall): Generator<RecordedCall> {
  for (const step of call.steps) {
    if (step.kind !== 'call') continue;
    yield step;
    yield* callsIn(step);
  }
}
