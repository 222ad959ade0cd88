import type { Property } from '../explore/index.ts';
import type { device, Expected, kernel } from '../linux/index.ts';
import { type EndState, endStateOf } from '../machine/index.ts';
import { hex } from '../util/index.ts';
import { hasWhatIsSaid } from './said.ts';
import type { Booted } from './setup.ts';

/** The description of a device in numbers, for judging what `probe_device` sees. */
export function expectedOf(reference: Reference): Expected {
  const { attachments } = whenGrouped(reference);
  return { ids: attachments.flatMap(({ ids }) => ids), iommus: attachments.length };
}

/** What a device is judged by. */
export interface Reference {
  /** The device at the end of a boot with no concurrency. */
  readonly quiet: EndState;
  /** What firmware says that it gets; null where that is not known, and the quiet boot counts alone. */
  readonly said: EndState | null;
}

/** By whom the IOMMUs and IDs of a device in a group are judged: a quiet boot that puts it into none knows of none. */
function whenGrouped({ quiet, said }: Reference): EndState {
  return quiet.grouped ? quiet : (said ?? quiet);
}

/** What excuses a device that lacks its IOMMU. */
export interface Circumstances {
  /** Whether what has happened may leave it without its IOMMU. */
  readonly excused: () => boolean;
  /** Something failed that must not: nothing is promised then. */
  readonly broken: () => boolean;
  /** It may have been given up. */
  readonly givesUp: boolean;
}

/** What must hold of a device that a scenario is about, besides what the explorer checks by itself. */
export function propertiesOf(
  booted: Booted,
  dev: device,
  { quiet, said }: Reference,
  circumstances: Circumstances,
): Property[] {
  const isMate = booted.mates.includes(dev);
  const inGroup = whenGrouped({ quiet, said });
  return [
    // Nobody binds the others in its group while the tasks run: how often they end well says nothing.
    ...whatItGets(booted, dev, quiet, inGroup, circumstances.excused).filter(
      ({ kind }) => !isMate || kind !== 'sometimes',
    ),
    ...(said === null ? [] : whatFirmwareSays(booted, dev, quiet, said, circumstances)),
    ...itsGroup(dev, quiet),
    ...whileItIsProbed(dev, inGroup),
  ];
}

const too = 'the base does it too';

/** What a boot with no concurrency gets wrong as well is wrong, and said to be nothing new. */
function whatFirmwareSays(
  booted: Booted,
  dev: device,
  quiet: EndState,
  said: EndState,
  { excused, broken, givesUp }: Circumstances,
): Property[] {
  const wanted = attachmentsText(said);
  const gets: Property = {
    kind: 'end',
    name: 'a device gets what firmware says',
    title: `device does not get what firmware says (${too})`,
    holds: () => {
      const state = endStateOf(dev);
      if (state.grouped && quiet.grouped) {
        const found = attachmentsText(state);
        // What is not as in the quiet boot has a property of its own.
        if (found !== attachmentsText(quiet) || hasWhatIsSaid(state, said)) return true;
        return `${dev.text} ends with ${found}; firmware gives it ${wanted} (${too})`;
      }
      if (state.grouped || quiet.grouped || !state.bound || !isReady(booted) || excused())
        return true;
      return `${dev.text} works without translation; firmware gives it ${wanted} (${too})`;
    },
  };
  const waits: Property = {
    kind: 'end',
    name: 'a device that was given up is not left without its IOMMU',
    title: `device that was given up works without its IOMMU, which has registered (${too})`,
    holds: () => {
      const { bound, grouped } = endStateOf(dev);
      if (grouped || !bound || !quiet.grouped || !isReady(booted) || broken()) return true;
      return `${dev.text} was given up and works without translation; firmware gives it ${wanted} (${too})`;
    },
  };
  return givesUp ? [gets, waits] : [gets];
}

/** Every IOMMU that firmware names has registered. */
function isReady({ k, iommus }: Booted): boolean {
  return iommus.every((iommu) => k.iommu_device_list.value.includes(k.instanceOf(iommu)));
}

/** At the end the device is what a boot with no concurrency makes of it, or waits for that. */
function whatItGets(
  booted: Booted,
  dev: device,
  reference: EndState,
  inGroup: EndState,
  excused: () => boolean,
): Property[] {
  const end = (
    name: string,
    title: string,
    holds: (state: EndState) => boolean | string,
  ): Property => ({
    kind: 'end',
    name,
    title,
    holds: () => holds(endStateOf(dev)),
  });
  const { k } = booted;
  const ready = (): boolean => isReady(booted) && !excused();
  return [
    end(
      'a device behind an IOMMU is not left without it',
      'device works without its IOMMU',
      ({ bound, grouped }) => {
        if (!reference.grouped || !bound || grouped || !ready()) return true;
        return `${dev.text} works without translation, although every IOMMU that firmware names has registered`;
      },
    ),
    end('a deferred device is retried', 'deferred device is never retried', () => {
      if (!isDeferred(k, dev) || !ready()) return true;
      return `${dev.text} waits on the deferred list, and nothing is left that would retry it`;
    }),
    end(
      'a device gets all its IOMMUs and IDs',
      'device does not get the IOMMUs and IDs that firmware gives it',
      (state) => {
        if (!state.grouped) return true;
        const found = attachmentsText(state);
        const wanted = attachmentsText(inGroup);
        const who = inGroup === reference ? 'a boot with no concurrency' : 'firmware';
        return found === wanted || `${dev.text} ends with ${found}; ${who} gives it ${wanted}`;
      },
    ),
    end(
      'DMA goes through the group that the device is in',
      'DMA of a device bypasses the group it is in',
      (state) => {
        if (!state.bound || !state.grouped || state.dma_ops === reference.dma_ops) return true;
        return `${dev.text} is left without translation: it is in a group, but its DMA ops are ${state.dma_ops ?? 'direct'} instead of ${reference.dma_ops ?? 'direct'}`;
      },
    ),
    end(
      'no device is left behind an IOMMU that has gone',
      'device stays in the group of an IOMMU that has gone',
      ({ grouped, attachments }) => {
        const registered = k.iommu_device_list.value;
        const gone = attachments.find(({ instance }) => !registered.includes(instance));
        if (!grouped || gone === undefined) return true;
        return `${dev.text} is in the group of ${gone.instance.dev.name}, which is not registered`;
      },
    ),
    end(
      'nothing of a removed device is left',
      'device that was removed stays bound, grouped or described',
      ({ added, bound, grouped }) => {
        if (added || !(bound || grouped || dev.iommu.value !== null)) return true;
        const what = bound ? 'bound' : grouped ? 'in a group' : 'described in dev->iommu';
        return `${dev.text} is gone from its bus, and still ${what}`;
      },
    ),
    {
      kind: 'sometimes',
      name: reference.grouped ? 'the device ends behind its IOMMU' : 'the device ends bound',
      title: reference.grouped
        ? 'device never ends behind its IOMMU'
        : 'device never ends with a driver',
      holds: () => {
        const { added, grouped, bound } = endStateOf(dev);
        return !added || !reference.bound || (reference.grouped ? grouped : bound);
      },
    },
  ];
}

/**
 * The walk of a registration ends at the first client that gives an error, and the IOMMU is taken back.
 * For want of memory that is no surprise, nor where the kernel takes one kind of IOMMU only.
 */
export function everyIommuRegisters({ k, iommus, other }: Booted): Property {
  return {
    kind: 'end',
    name: 'a client does not stop an IOMMU from registering',
    title: 'IOMMU does not register because of a client',
    holds: () => {
      if (k.world.faultsMade > 0) return true;
      const refused = [...iommus, other].find((dev) => {
        const instance = dev === null ? null : k.instanceOf(dev);
        return instance?.ops != null && !k.iommu_device_list.value.includes(instance);
      });
      return refused == null || `${refused.text} is there, and has not registered`;
    },
  };
}

/** Every group is in order when nothing runs any more. */
function itsGroup(dev: device, reference: EndState): Property[] {
  return [
    {
      kind: 'end',
      name: 'a group with devices has a default domain',
      title: 'group with devices has no default domain',
      holds: () => {
        const group = dev.iommu_group.value;
        return group === null || reference.domain === null || group.default_domain.value !== null;
      },
    },
    {
      kind: 'end',
      name: 'no group is left linked to a list',
      title: 'group stays linked to a list that is gone',
      holds: () => (dev.iommu_group.value?.entry.value ?? null) === null,
    },
    {
      kind: 'end',
      name: 'every bound driver has claimed the group of its device, once',
      title: () =>
        claimsOf(dev).owner_cnt < claimsOf(dev).owners
          ? 'driver works in a group it never claimed'
          : 'group stays claimed by a driver that has gone',
      holds: () => {
        const { owner_cnt, owners } = claimsOf(dev);
        return (
          owner_cnt === owners ||
          `the group of ${dev.text} has ${owners} bound device(s) and an owner_cnt of ${owner_cnt}`
        );
      },
    },
  ];
}

/** How many drivers have claimed the group of a device, and how many should have. */
function claimsOf(dev: device): { readonly owner_cnt: number; readonly owners: number } {
  const group = dev.iommu_group.value;
  if (group === null) return { owner_cnt: 0, owners: 0 };
  const owners = group.devices.value.filter(
    (member) => member.dev?.driver.value?.driver_managed_dma === false,
  ).length;
  return { owner_cnt: group.owner_cnt.value, owners };
}

/** From probe_device() to release_device() the description stays as firmware has it. */
function whileItIsProbed(dev: device, reference: EndState): Property[] {
  const watched = [dev.iommu, dev.iommu_group];
  const wanted = textOf(reference.ids);
  return [
    {
      kind: 'always',
      name: 'a probed device keeps its dev->iommu',
      title: 'device in a group loses its dev->iommu',
      watched,
      holds: () => dev.iommu_group.value === null || dev.iommu.value !== null,
    },
    {
      kind: 'always',
      name: 'a probed device keeps its description',
      title: 'description of a device changes while it is in a group',
      watched,
      holds: () => {
        const param = dev.iommu.value;
        if (dev.iommu_group.value === null || param === null) return true;
        const { ids } = endStateOf(dev);
        if (textOf(ids) === wanted) return true;
        return `${dev.text} is in its group with ${textOf(ids)} instead of ${wanted}`;
      },
    },
  ];
}

function textOf(ids: readonly number[] | null): string {
  if (ids === null) return 'no fwspec';
  return ids.length === 0 ? 'a fwspec without IDs' : `a fwspec of ID(s) ${ids.map(hex).join(', ')}`;
}

/** Waits on one of the lists of those that are tried again. */
export function isDeferred(k: kernel, dev: device): boolean {
  return [k.deferred_probe_pending_list, k.deferred_probe_active_list].some((list) =>
    list.value.includes(dev),
  );
}

function attachmentsText({ attachments }: EndState): string {
  if (attachments.length === 0) return 'no IOMMU';
  return attachments
    .map(
      ({ instance, ids }) =>
        `${instance.dev.name}${ids.length === 0 ? '' : ` (${ids.map(hex).join(', ')})`}`,
    )
    .join(' and ');
}
