// Why an IOMMU that firmware describes has not registered.

import { type device, ENODEV, errnoName, type fwnode_handle } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import { isWaiting, waitsAfterDma, waitsBeforeDma } from '../boot/end-state.ts';
import type { RecordedCall, Recorder } from '../boot/record/recorder.ts';

/** How far its driver came. */
export function whyUnregistered(
  { k, devices, attempts, absent }: Boot,
  recorder: Recorder,
  node: fwnode_handle,
  driver: string,
): string {
  const dev: device | undefined = [...devices.values()].find(({ fwnode }) => fwnode === node);
  if (dev === undefined) return 'Linux makes no device of it';
  if (absent.has(dev))
    return dev.pci === null ? 'nobody has made its device' : 'its bus is not scanned';
  if (dev.matches === null || dev.matches !== k.iommu_drivers.get(driver))
    return `${driver} does not come: its module is not loaded${orEmpty(dev, driver)}`;
  const before = dev.driver.value === null ? waitsBeforeDma(dev) : [];
  const [held] = [...before, ...(isWaiting(k, dev) ? waitsAfterDma(dev) : [])];
  if (held !== undefined) return `it ${held}`;
  const refused = refusedRegistration(recorder, dev);
  if (dev.sysfs_iommu === 'link')
    return 'its own registration ends in -EEXIST: in sysfs it has a link "iommu" to the IOMMU that it is behind, and wants to make a directory of that name';
  if (refused !== null) return refusalText(recorder, dev, refused);
  const errno = attempts.get(dev)?.errno ?? null;
  if (errno === null) return `${driver} has not been offered the device`;
  if (errno !== 0) return `the probe of ${driver} ends in ${errnoName(-Math.abs(errno))}`;
  return dev.driver.value === null ? `${driver} is not bound to it` : `${driver} has let go of it`;
}

/** Of what may have nothing in it. */
function orEmpty({ pci }: device, driver: string): string {
  return driver === 'virtio-iommu' && pci === null ? ', or the slot is empty' : '';
}

/** The last registration of its instance that came to nothing. */
function refusedRegistration(recorder: Recorder, dev: device): RecordedCall | null {
  let found: RecordedCall | null = null;
  for (const call of recorder.callsOf('iommu_device_register')) {
    const [instance] = call.args ?? [];
    if (!isOf(instance, dev)) continue;
    found = isError(call.result) ? call : null;
  }
  return found;
}

/** One device that cannot be probed takes the whole IOMMU with it. */
function refusalText(recorder: Recorder, dev: device, registration: RecordedCall): string {
  let culprit: device | null = null;
  for (const { device, result } of recorder.calls(registration))
    if (isError(result) && device !== null && device !== dev) culprit = device;
  const why = culprit === null ? '' : `, because ${culprit.name} cannot be probed`;
  return `iommu_device_register() returns ${errnoName(Number(registration.result))}${why}`;
}

function isOf(instance: unknown, dev: device): boolean {
  return typeof instance === 'object' && instance !== null && 'dev' in instance
    ? instance.dev === dev
    : false;
}

function isError(result: unknown): boolean {
  return typeof result === 'number' && result < 0 && result !== -ENODEV;
}
