// Which rule put a device into its group, as the recorded boot has it, and who else is in there.

import { type device, dmaAliases, type iommu_group, type pci_dev } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import { endStateOf } from '../boot/end-state.ts';
import type { RecordedCall, Recorder } from '../boot/record/recorder.ts';
import { attachmentOf } from '../inspect/inspect.ts';
import type { InspectedId } from '../inspection.ts';
import {
  type AcsBoot,
  firstGap,
  type Isolations,
  isolationOf,
  type Told,
  type ToldOfAcs,
} from './acs.ts';
import type { Chain } from './explanation.ts';
import { nameOf } from './pci.ts';

/** How the choice of a group came to the device that shares it. */
export type Tie = 'new' | 'driver' | 'one-group' | 'same-id' | 'alias' | 'slot' | 'path';

interface Rule {
  readonly tie: Tie;
  readonly text: string;
  /** The device whose group it is. */
  readonly partner?: device;
  /** The function that does not isolate, when that is why. */
  readonly gap?: ToldOfAcs & { readonly pdev: pci_dev };
}

/** Why a device is in its group. */
export interface Membership extends Rule {
  readonly group: iommu_group;
  /** What isolates the function from others, or does not: itself, and each bridge above. */
  readonly isolation: readonly Told[];
}

/** The rules of a boot that was written down. */
export class Memberships {
  readonly #recorder: Recorder;
  readonly #acs: AcsBoot;

  constructor(recorder: Recorder, acs: AcsBoot) {
    this.#recorder = recorder;
    this.#acs = acs;
  }

  /** Null for a device without a group. */
  of(dev: device): Membership | null {
    const group = dev.iommu_group.value;
    if (group === null) return null;
    const choice = choiceOf(this.#recorder.callsAbout(dev), dev, group);
    const rule = ruleOf(this.#acs, dev, group, choice);
    return { ...rule, group, isolation: [...isolationAbove(this.#acs, dev, choice)] };
  }
}

/** The rule for the device, the isolation above it, and the rule for each other member. */
export function addGroup(chain: Chain, memberships: Memberships, dev: device): void {
  const membership = memberships.of(dev);
  if (membership === null) return;
  const { group, text, isolation } = membership;
  chain.add('group', `group ${group.id}: ${text}`);
  for (const told of isolation) chain.add('group', told.text, told.place);
  for (const { dev: other } of group.devices.value) {
    if (other === null || other === dev) continue;
    const rule = memberships.of(other);
    if (rule === null) continue;
    const why = rule.gap === undefined ? rule.text : `${rule.text}: ${rule.gap.text}`;
    chain.add('member', `${other.name} is in it, too: ${why}`, rule.gap?.place ?? null);
  }
}

/** The call that came to the group, outermost: of a driver's `device_group`, as a rule. */
function choiceOf(
  calls: readonly RecordedCall[],
  dev: device,
  group: iommu_group,
): RecordedCall | null {
  let found: RecordedCall | null = null;
  for (const call of calls) {
    const { result, caller } = call;
    if (result !== group || caller?.device !== dev) continue;
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

function ruleOf(acs: AcsBoot, dev: device, group: iommu_group, choice: RecordedCall | null): Rule {
  if (choice === null) return { tie: 'driver', text: 'the driver has put it there' };
  const path = pathTo(choice, group);
  const names = path.map(({ name }) => name);
  const last = present(path.at(-1), 'a call');
  const pci = path.find(({ name }) => name === 'pci_device_group');
  if (last.name === 'iommu_group_alloc') return newGroup(names, pci !== undefined);
  if (pci !== undefined && last.name === 'iommu_group_get' && last.device !== null) {
    return sharedPci(acs, dev, last.device, names, pci.noted as Isolations);
  }
  if (names.includes('generic_single_device_group')) {
    return { tie: 'one-group', text: 'all devices behind this IOMMU share one group' };
  }
  const partner = group.devices.value.find(
    (member) => member.dev !== null && member.dev !== dev && sharesId(dev, member.dev),
  )?.dev;
  const whose = partner == null ? 'a member of the group' : partner.name;
  const rule = path.find(chooses)?.name;
  const text = `that of ${whose}: ${rule}() finds an ID that both have`;
  return { tie: 'same-id', text, ...(partner == null ? {} : { partner }) };
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
      tie: 'new',
      text: 'new: no function that has one by then sends with its ID or can be reached past the IOMMU',
    };
  }
  const text =
    name === 'generic_single_device_group'
      ? 'new: the first device behind this IOMMU, all of which share one group'
      : 'new: each such device has a group of its own';
  return { tie: 'new', text };
}

/** Which step of `pci_device_group()` found somebody with a group. */
function sharedPci(
  acs: AcsBoot,
  dev: device,
  partner: device,
  names: readonly string[],
  isolations: Isolations,
): Rule {
  const own = present(dev.pci, 'a PCI function');
  const other = present(partner.pci, 'a PCI function');
  const shares = `that of ${partner.name}`;
  const gapAt = (pdev: pci_dev) => ({ ...isolationOf(acs, isolations, pdev), pdev });
  if (names.includes('get_pci_function_alias_group')) {
    const mate = slotMate(own, other);
    const whose = mate === own ? 'another function of its slot' : `in the slot of ${nameOf(mate)}`;
    return { tie: 'slot', text: `${shares}, ${whose}`, partner, gap: gapAt(mate) };
  }
  if (names.includes('get_pci_alias_group')) {
    return { tie: 'alias', text: `${shares}, which uses the same requester ID`, partner };
  }
  if (dmaAliases(own).some(({ pdev }) => pdev === other)) {
    const text = `${shares}, by whose requester ID the IOMMU knows it`;
    return { tie: 'alias', text, partner };
  }
  const gap = firstGap(isolations, other) ?? other;
  return { tie: 'path', text: `${shares}, which is above it`, partner, gap: gapAt(gap) };
}

/** The function that came up to the slot: it, or the bridge above it that is in the same slot. */
function slotMate(own: pci_dev, other: pci_dev): pci_dev {
  for (let at: pci_dev | null = own; at !== null; at = at.bus.self)
    if (at.bus === other.bus && at.devfn >> 3 === other.devfn >> 3) return at;
  return own;
}

/** Whether each bridge above a function isolates, and the function itself in its slot. */
function* isolationAbove(acs: AcsBoot, dev: device, choice: RecordedCall | null): Generator<Told> {
  if (choice === null) return;
  const pci = [choice, ...callsIn(choice)].find(({ name }) => name === 'pci_device_group');
  if (pci === undefined || dev.pci === null) return;
  const isolations = pci.noted as Isolations;
  if (isolations.get(dev.pci)?.multifunction === true) yield isolationOf(acs, isolations, dev.pci);
  for (let at = dev.pci.bus.self; at !== null; at = at.bus.self)
    yield isolationOf(acs, isolations, at);
}

function* callsIn(call: RecordedCall): Generator<RecordedCall> {
  for (const step of call.steps) {
    if (step.kind !== 'call') continue;
    yield step;
    yield* callsIn(step);
  }
}
