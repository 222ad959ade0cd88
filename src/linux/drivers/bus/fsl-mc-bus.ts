// The management complex of a Layerscape: the one named component whose driver asks IORT by an ID.

import type { Task } from '../../../explore/index.ts';
import type { IortNamedComponent } from '../../../firmware/acpi/index.ts';
import type { device } from '../../include/linux/device.ts';
import { EPROBE_DEFER, type errno } from '../../include/linux/errno.ts';
import { to_acpi_device_node } from '../../include/linux/fwnode.ts';
import type { kernel } from '../../kernel.ts';
import {
  IORT_IOMMU_TYPE,
  type IortTarget,
  iort_node_map_id,
  iort_node_map_platform_id,
  namedComponentOf,
} from '../acpi/arm64/iort-nodes.ts';

/** Whether this driver binds to a device that ACPI describes. @linux drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_bus_acpi_match_table */
export function isManagementComplex({ fwnode }: Pick<device, 'fwnode'>): boolean {
  return to_acpi_device_node(fwnode)?.hid === 'NXP0008';
}

/** The ICID of the management complex is 0 as a rule; bit 14 is set as it bypasses. */
const usualStreamId = 1 << 14;

/**
 * The ID by which the complex asks. It is in a register: where IORT has no range for the usual one,
 * the first that it has a range for is as good.
 */
export function mcStreamId(k: kernel, node: IortNamedComponent): number {
  if (iort_node_map_id(k, node, usualStreamId, IORT_IOMMU_TYPE) !== null) return usualStreamId;
  const mapped = node.mappings.find(
    ({ input_base }) => iort_node_map_id(k, node, input_base, IORT_IOMMU_TYPE) !== null,
  );
  return mapped?.input_base ?? usualStreamId;
}

/** Whether its own ID decides: it is a management complex, and has no single mapping. */
export function asksByStreamId(k: kernel, dev: device, node: IortNamedComponent): boolean {
  if (!isManagementComplex(dev)) return false;
  return iort_node_map_platform_id(k, node, IORT_IOMMU_TYPE, 0) === null;
}

/** What a named component's mappings come to for its device, in the order in which Linux uses them. */
export function* targetsOfComponent(
  k: kernel,
  dev: device,
  node: IortNamedComponent,
): Generator<IortTarget> {
  for (let index = 0; ; index++) {
    const target = iort_node_map_platform_id(k, node, IORT_IOMMU_TYPE, index);
    if (target === null) break;
    yield target;
  }
  if (!asksByStreamId(k, dev, node)) return;
  const target = iort_node_map_id(k, node, mcStreamId(k, node), IORT_IOMMU_TYPE);
  if (target !== null) yield target;
}

/**
 * The bus has configured the device's DMA by then, for which IORT has no single mapping as a rule; here
 * it is done once more, with the complex's own stream ID.
 *
 * @linux drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_bus_probe
 */
export function* fsl_mc_bus_probe(k: kernel, dev: device): Task<errno> {
  const node = namedComponentOf(k, dev);
  const mc_stream_id = node === null ? usualStreamId : mcStreamId(k, node);
  const error = yield* k.acpi_dma_configure_id(dev, 'coherent', mc_stream_id);
  return error === -EPROBE_DEFER ? error : 0;
}
