import { type Build, type DriverLimit, iommuDrivers, isKnown } from '../linux/index.ts';
import { machineOfShape, type Shape } from '../machine/index.ts';
import type { Scenario } from './scenario.ts';

interface Limited {
  readonly reason: string;
  readonly applies: (scenario: Scenario, shape: Shape) => boolean;
}

const severalIommus: Limited['applies'] = (_scenario, { iommus }) => iommus.length > 1;

/** Some IOMMU that the device is behind has not registered when its driver is offered the device. */
const ownLate: Limited['applies'] = ({ offered, besides }, shape) => {
  const machine = machineOfShape(shape, besides);
  const before = offered(machine);
  const upTo = before.indexOf(machine.client);
  const registered = upTo < 0 ? before : before.slice(0, upTo);
  return !machine.iommus.every((of) => registered.includes(of));
};

const limits: Readonly<Record<DriverLimit, Limited>> = {
  'one-a-machine': {
    reason: 'a machine has one IOMMU of its kind',
    applies: ({ besides }, { iommus }) => iommus.length > 1 || besides?.other === true,
  },
  'one-a-device': {
    reason: 'its driver refuses a device behind two IOMMUs',
    applies: severalIommus,
  },
  'one-device': {
    reason: 'an IOMMU of its kind serves one device',
    applies: ({ besides }, shape) => besides?.second === true || (shape.functions ?? 1) > 1,
  },
  'all-at-once': {
    reason: 'no IOMMU of its kind can register while another one of the device is not there',
    applies: severalIommus,
  },
  'before-clients': {
    reason: 'its IOMMU registers before any driver of a device behind it comes',
    applies: ownLate,
  },
  'at-boot': {
    reason: 'IOMMUs of its kind register before any driver of a device comes',
    applies: (scenario, shape) => scenario.besides?.other === true || ownLate(scenario, shape),
  },
};

/** Null when a kernel has the bus and a driver for the IOMMUs of a shape, else what it lacks. */
export function lacking({ design, config }: Build, { bus, iommus }: Shape): string | null {
  if (bus === 'cdx' && design.older === true) return `${design.name} has no cdx bus`;
  for (const { compatible } of iommus) {
    const driver = iommuDrivers.find((entry) => entry.compatible.includes(compatible));
    if (driver === undefined) continue;
    if (!isKnown(design, driver.name, compatible))
      return `${driver.name} of ${design.name} does not know ${compatible}`;
    if (design.drivers[driver.name] === undefined) return `${design.name} has no ${driver.name}`;
    if (config[driver.config] !== true) return `${driver.config} is off`;
  }
  return null;
}

/** Null when a scenario makes sense for a shape, else why it does not. */
export function unfit(scenario: Scenario, shape: Shape): string | null {
  return limitedBy(scenario, shape) ?? scenario.unfit(shape);
}

function limitedBy(scenario: Scenario, shape: Shape): string | null {
  if (shape.bus === 'fsl-mc' && ownLate(scenario, shape))
    return 'an object is there once its container is bound, which waits for the IOMMU';
  const compatible = shape.iommus[0]?.compatible ?? '';
  const driver = iommuDrivers.find((entry) => entry.compatible.includes(compatible));
  if (driver?.limit === undefined) return null;
  const limited = limits[driver.limit];
  return limited.applies(scenario, shape) ? limited.reason : null;
}
