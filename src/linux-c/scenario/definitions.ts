import { join, spawn } from '../../explore/index.ts';
import { Thread } from '../../llvm/index.ts';
import { type Device, device_add, device_del } from '../world/index.ts';
import type { Cast, Definition, TaskOf } from './definition.ts';

// The scenarios of the model, by the same names.

const binds = (cpu: number, { platform }: Cast, device: Device, spared?: true): TaskOf => ({
  name: `CPU${cpu}  driver bind: really_probe()`,
  body: (thread) => platform.bind(thread, device),
  ...(spared === undefined ? {} : { spared }),
});

const registers = (
  cpu: number,
  { platform }: Cast,
  device: Device | null,
  spared?: true,
): TaskOf => ({
  name: `CPU${cpu}  iommu_device_register()`,
  body: (thread) => platform.bind(thread, device as Device),
  ...(spared === undefined ? {} : { spared }),
});

/** All but the one that registers while the others have. */
const furtherIommus = ({ iommus }: Cast): readonly Device[] => iommus.slice(1);

export const definitions: readonly Definition[] = [
  {
    name: 'cover-letter',
    title: 'a client driver binds while the IOMMU of its device registers',
    offered: furtherIommus,
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.iommus[0] ?? null)],
  },
  {
    name: 'bind-iort',
    title: 'a client driver binds while the SMMU that IORT names for its device registers',
    firmware: 'iort',
    core: true,
    offered: furtherIommus,
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.iommus[0] ?? null)],
  },
  {
    name: 'bind-viot',
    title: 'a client driver binds while the virtio-iommu that VIOT names for its device registers',
    firmware: 'viot',
    core: true,
    offered: furtherIommus,
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.iommus[0] ?? null)],
  },
  {
    name: 'partial-fwspec',
    title: 'a client driver binds while an IOMMU that is not its own registers',
    ids: 2,
    other: true,
    offered: ({ iommus }) => iommus,
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.other)],
  },
  {
    name: 'two-iommus',
    title: 'a client driver binds while the second of its two IOMMUs registers',
    iommus: 2,
    offered: ({ iommus }) => iommus.slice(0, -1),
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.iommus.at(-1) ?? null)],
  },
  {
    name: 'two-clients',
    title: 'two client drivers bind at once, behind one IOMMU that has long been there',
    second: true,
    offered: ({ iommus }) => iommus,
    tasks: (cast) => [binds(0, cast, cast.dev), binds(1, cast, cast.second as Device)],
  },
  {
    name: 'two-registrations',
    core: true,
    title:
      'two IOMMUs of one kind register at once, then the client driver that waits is tried again',
    other: true,
    holdsRetries: true,
    offered: (cast) => [...furtherIommus(cast), cast.dev],
    tasks: (cast) => [
      {
        name: 'CPU0  initcalls',
        *body(thread) {
          const { platform, iommus, other } = cast;
          const { machine, world } = thread;
          const second = yield* spawn(world, 'CPU1  iommu_device_register()', function* () {
            const own = new Thread(machine);
            yield* platform.bind(own, other as Device);
            own.memory.end();
          });
          yield* platform.bind(thread, iommus[0] as Device);
          yield* join(second);
          yield* platform.retry(thread);
        },
      },
    ],
  },
  {
    name: 'hotplug',
    core: true,
    title: 'a device is added while its IOMMU registers: the bus notifier against the walk',
    late: true,
    offered: furtherIommus,
    tasks: (cast) => [
      {
        name: 'CPU0  device_add()',
        body: (thread) => device_add(cast.platform.kernel, thread, cast.dev),
      },
      registers(1, cast, cast.iommus[0] ?? null),
    ],
  },
  {
    name: 'rebind',
    core: true,
    title: 'a driver is unbound from its device and bound again while another IOMMU registers',
    other: true,
    offered: ({ iommus, dev }) => [...iommus, dev],
    tasks: (cast) => [
      {
        name: 'CPU0  unbind and bind',
        *body(thread) {
          yield* cast.platform.unbind(thread, cast.dev);
          yield* cast.platform.bind(thread, cast.dev);
        },
      },
      registers(1, cast, cast.other),
    ],
  },
  {
    name: 'remove-device',
    core: true,
    title: 'a device is removed while an IOMMU that is not its own registers',
    other: true,
    offered: ({ iommus, dev }) => [...iommus, dev],
    tasks: (cast) => [
      {
        name: 'CPU0  device_del()',
        body: (thread) => device_del(cast.platform.kernel, thread, cast.dev),
      },
      registers(1, cast, cast.other),
    ],
  },
  {
    name: 'failed-registration',
    title: 'an IOMMU runs out of memory half-way through its registration while its client binds',
    faults: 1,
    offered: furtherIommus,
    tasks: (cast) => [binds(0, cast, cast.dev, true), registers(1, cast, cast.iommus[0] ?? null)],
  },
  {
    name: 'no-memory',
    title:
      'an allocation fails while a client driver binds and an IOMMU that is not its own registers',
    other: true,
    faults: 1,
    offered: ({ iommus }) => iommus,
    tasks: (cast) => [binds(0, cast, cast.dev), registers(1, cast, cast.other, true)],
  },
];
