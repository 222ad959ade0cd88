import { ModelError, type Program, setIn, type Task, type World } from '../explore/index.ts';
import {
  Compiled,
  Linked,
  Machine,
  type Module,
  Pointer,
  type RuntimeValue,
  type Scalar,
  Thread,
  type Variable,
} from '../llvm/index.ts';
import { returning } from './by-hand.ts';
import { EPROBE_DEFER, environment } from './environment.ts';
import { Structs } from './structs.ts';

/** Buses that iommu.c names and that have nothing on them here. */
const buses = [
  'platform_bus_type',
  'pci_bus_type',
  'amba_bustype',
  'fsl_mc_bus_type',
  'cdx_bus_type',
  'host1x_context_device_bus_type',
];

/** What is named besides and nobody looks into. */
const others = ['kmalloc_caches', '__this_module', 'iommu_dma_pcie_acs'];

const IOMMU_DOMAIN_DMA = 3;
/** `ERR_PTR(-ENODEV)` */
const ERR_ENODEV = 2n ** 64n - 19n;

/**
 * The race of the cover letter in a kernel's own iommu.c and of_iommu.c: a client is configured while its
 * IOMMU registers. The IOMMU's driver is by hand, and finds its instance only once it is bound.
 */
export function coverLetter(modules: readonly Module[]): Program {
  const linked = new Linked(modules, new Set([...buses, ...others]));
  const structs = new Structs(linked);
  const [unit] = linked.units;
  const bus = unit === undefined ? null : linked.variable(unit, 'platform_bus_type');
  const configure = linked.find('of_iommu_configure');
  const register = linked.find('iommu_device_register');
  const group = linked.find('generic_device_group');
  if (
    unit === undefined ||
    bus === null ||
    configure === null ||
    register === null ||
    group === null
  )
    throw new ModelError(
      'of_iommu_configure() and iommu_device_register() are in none of the modules',
    );
  const handler = (name: string): Pointer => linked.outside(name).at(0);

  const node = structs.make('dev_node', 'device_node');
  const iommuNode = structs.make('iommu_node', 'device_node');
  const hwdev = structs.make('smmu', 'device', { of_node: iommuNode.at(0) });
  const dev = structs.make('dev', 'device', { bus: bus.at(0), of_node: node.at(0) });
  const iommu = structs.make('smmu->iommu', 'iommu_device');
  const isBound = linked.place('smmu->driver', 4, null);
  const domainOps = structs.make('stub_domain_ops', 'iommu_domain_ops', {
    attach_dev: handler('stub_attach_dev'),
    free: handler('stub_domain_free'),
  });
  const ops = structs.make('stub_ops', 'iommu_ops', {
    of_xlate: handler('stub_of_xlate'),
    probe_device: handler('stub_probe_device'),
    release_device: handler('stub_release_device'),
    device_group: group.at(0),
    domain_alloc: handler('stub_domain_alloc'),
    default_domain_ops: domainOps.at(0),
    pgsize_bitmap: 4096n,
  });
  // An initcall sets it.
  const defaultType = linked.variable(unit, 'iommu_def_domain_type');
  if (defaultType !== null) linked.imageOf(defaultType).write(0, 4, IOMMU_DOMAIN_DMA);

  const machineOf = environment(
    linked,
    structs,
    {
      buses: new Map([['platform_bus_type', [dev]]]),
      properties: new Map([[node, { iommus: [{ node: iommuNode, args: [7] }] }]]),
    },
    {
      __dev_fwnode: function* (thread: Thread, device: Scalar): Task<RuntimeValue> {
        const at = placeIn(structs, device, 'device', 'of_node');
        const found = yield* thread.memory.load(at, 8);
        return found instanceof Pointer ? placeIn(structs, found, 'device_node', 'fwnode') : 0n;
      },
      stub_of_xlate: returning(0),
      stub_release_device: returning(0),
      stub_attach_dev: returning(0),
      stub_domain_free: returning(0),
      stub_domain_alloc: function* (thread: Thread): Task<RuntimeValue> {
        return yield* thread.memory.allocate(structs.size('iommu_domain'), true);
      },
      stub_probe_device: function* (thread: Thread): Task<RuntimeValue> {
        const bound = yield* thread.memory.load(isBound.at(0), 4, 'ordered');
        return bound === 1 ? iommu.at(0) : ERR_ENODEV;
      },
    },
  );
  const compiled = new Compiled(linked);
  return {
    name: 'cover-letter',
    setup: (world: World) => {
      const machine = new Machine(world, compiled, machineOf);
      const results = new Map<string, Scalar>();
      return {
        tasks: [
          {
            name: 'CPU0  driver bind: of_dma_configure()',
            body: function* (): Task<void> {
              const operands = [dev.at(0), node.at(0), 0n];
              const result = yield* new Thread(machine).runAll(configure.at(0), operands);
              setIn(world, results, 'configured', result as Scalar);
            },
          },
          {
            name: 'CPU1  IOMMU probe: iommu_device_register()',
            body: function* (): Task<void> {
              const thread = new Thread(machine);
              yield* thread.runAll(register.at(0), [iommu.at(0), ops.at(0), hwdev.at(0)]);
              yield* thread.memory.store(isBound.at(0), 4, 1, 'ordered');
            },
          },
        ],
        properties: [
          {
            kind: 'end',
            name: 'the device has its IOMMU, or waits for it',
            title: 'device works without its IOMMU',
            holds: () =>
              isDeferred(results.get('configured') ?? 0n) ||
              hasGroup(machine, structs, dev) ||
              'dev works without translation, although its IOMMU has registered',
          },
          {
            kind: 'sometimes',
            name: 'the device is in a group',
            holds: () => hasGroup(machine, structs, dev),
          },
        ],
      };
    },
  };
}

/** A place in a structure that a pointer leads to. */
function placeIn(structs: Structs, pointer: Scalar, struct: string, path: string): Scalar {
  if (!(pointer instanceof Pointer)) return pointer;
  return pointer.memory.at(pointer.offset + structs.field(struct, path).offset);
}

/** `ERR_PTR(-EPROBE_DEFER)`, or since v6.12 the `int`: any other error means to go on without. */
function isDeferred(value: Scalar): boolean {
  return value === EPROBE_DEFER || value === BigInt.asUintN(64, -517n);
}

function hasGroup(machine: Machine, structs: Structs, dev: Variable): boolean {
  const { offset, size } = structs.field('device', 'iommu_group');
  return machine.statics.valueAt(dev, offset, size) instanceof Pointer;
}
