import type { Property } from '../../explore/index.ts';
import { big, type Machine, Pointer, type Scalar } from '../../llvm/index.ts';
import type { Device, EndState, Platform } from '../world/index.ts';

/** What excuses a device that lacks its IOMMU. */
export interface Circumstances {
  /** The IOMMUs of the device. */
  readonly iommus: readonly Device[];
  /** Asked at the end. */
  readonly excused: () => boolean;
}

/** What must hold of a client, in the words of the model. */
export function propertiesOf(
  platform: Platform,
  machine: Machine,
  device: Device,
  { iommus, excused }: Circumstances,
): Property[] {
  const now = (): EndState => platform.endState(machine, device);
  const field = (pointer: Scalar, struct: string, path: string): Scalar =>
    platform.value(machine, pointer, struct, path);
  const isReady = (): boolean =>
    !excused() && iommus.every((iommu) => platform.isRegistered(machine, iommu));
  const wanted = device.ids;
  const watched = ['iommu', 'iommu_group'].map((path) => platform.cell(machine, device, path));
  const end = (name: string, title: string, holds: () => boolean | string): Property => ({
    kind: 'end',
    name,
    title,
    holds,
  });
  const { name } = device;
  return [
    end('a device behind an IOMMU is not left without it', 'device works without its IOMMU', () => {
      const { bound, group } = now();
      if (!bound || isThere(group) || !isReady()) return true;
      return `${name} works without translation, although every IOMMU that firmware names has registered`;
    }),
    end('a deferred device is retried', 'deferred device is never retried', () => {
      if (!platform.kernel.hasDriverCore || !now().waits || !isReady()) return true;
      return `${name} waits on the deferred list, and nothing is left that would retry it`;
    }),
    end(
      'a device gets all its IOMMUs and IDs',
      'device does not get the IOMMUs and IDs that firmware gives it',
      () => {
        const { group, ids } = now();
        return !isThere(group) || ids === wanted || `${name} ends with ${ids} of ${wanted} IDs`;
      },
    ),
    end(
      'DMA goes through the group that the device is in',
      'DMA of a device bypasses the group it is in',
      () => {
        const { bound, group, translated } = now();
        if (!bound || !isThere(group) || translated !== false) return true;
        return `${name} is in a group, but its DMA ops are direct`;
      },
    ),
    end(
      'a group with devices has a default domain',
      'group with devices has no default domain',
      () => {
        const { group } = now();
        return !isThere(group) || isThere(field(group, 'iommu_group', 'default_domain'));
      },
    ),
    {
      kind: 'end',
      name: 'every bound driver has claimed the group of its device, once',
      title: () => (claims() < owners() ? unclaimed : stillClaimed),
      holds: () =>
        claims() === owners() ||
        `the group of ${name} has ${owners()} bound device(s) and an owner_cnt of ${claims()}`,
    },
    end(
      'no device is left behind an IOMMU that has gone',
      'device stays in the group of an IOMMU that has gone',
      () => {
        if (!isThere(now().group)) return true;
        const instance = field(field(device.dev, 'device', 'iommu'), 'dev_iommu', 'iommu_dev');
        const gone = platform.iommus.find((iommu) => platform.instance(iommu) === instance);
        if (gone === undefined || platform.isRegistered(machine, gone)) return true;
        return `${name} is in the group of ${gone.name}, which is not registered`;
      },
    ),
    end(
      'nothing of a removed device is left',
      'device that was removed stays bound, grouped or described',
      () => {
        const { added, bound, group } = now();
        const isDescribed = isThere(field(device.dev, 'device', 'iommu'));
        return added || !(bound || isThere(group) || isDescribed) || `something of ${name} is left`;
      },
    ),
    {
      kind: 'sometimes',
      name: 'the device ends behind its IOMMU',
      title: 'device never ends behind its IOMMU',
      holds: () => !now().added || isThere(now().group),
    },
    {
      kind: 'always',
      name: 'a probed device keeps its dev->iommu',
      title: 'device in a group loses its dev->iommu',
      watched,
      holds: () => {
        const group = field(device.dev, 'device', 'iommu_group');
        return !isThere(group) || isThere(field(device.dev, 'device', 'iommu'));
      },
    },
    {
      kind: 'always',
      name: 'a probed device keeps its description',
      title: 'description of a device changes while it is in a group',
      watched,
      holds: () => {
        const group = field(device.dev, 'device', 'iommu_group');
        if (!isThere(group) || !isThere(field(device.dev, 'device', 'iommu'))) return true;
        const { ids } = now();
        return ids === wanted || `${name} is in its group with ${ids} of ${wanted} IDs`;
      },
    },
  ];

  function claims(): number {
    const { group } = now();
    return isThere(group) ? Number(big(field(group, 'iommu_group', 'owner_cnt'))) : 0;
  }

  function owners(): number {
    if (!platform.kernel.hasDriverCore) return claims();
    const { bound, group } = now();
    return bound && isThere(group) ? 1 : 0;
  }
}

const unclaimed = 'driver works in a group it never claimed';
const stillClaimed = 'group stays claimed by a driver that has gone';

/** For want of memory no IOMMU has to register. */
export function everyIommuRegisters(
  platform: Platform,
  machine: Machine,
  probed: readonly Device[],
): Property {
  return {
    kind: 'end',
    name: 'a client does not stop an IOMMU from registering',
    title: 'IOMMU does not register because of a client',
    holds: () => {
      if (machine.world.faultsMade > 0) return true;
      const refused = probed.find((iommu) => !platform.isRegistered(machine, iommu));
      return refused === undefined || `${refused.name} is there, and has not registered`;
    },
  };
}

/** Devices and nodes stay: who made them has a reference that nobody else may put. */
export function referencesAreKept(platform: Platform, machine: Machine): Property {
  return {
    kind: 'end',
    name: 'nobody puts a reference that it has not got',
    title: 'a count of references is wrong',
    holds: () => {
      const freed = platform.kernel.references.freed(machine);
      return freed === null || `the last reference to ${freed.text} is put, which is still there`;
    },
  };
}

function isThere(pointer: Scalar): boolean {
  return pointer instanceof Pointer;
}
