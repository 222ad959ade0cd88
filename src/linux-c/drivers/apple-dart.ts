import type { Pointer } from '../../llvm/index.ts';
import { returning } from '../by-hand.ts';
import type { KernelDriver } from '../world/index.ts';
import { hardware } from './hardware.ts';
import { drvdata } from './instance.ts';

const streams = 16;

/** Apple's DART, which finds its instance in of_xlate(), before it has registered or after. */
export const appleDart: KernelDriver = {
  name: 'apple-dart',
  table: null,
  files: ['drivers/iommu/apple-dart.c'],
  compatible: 'apple,t8103-dart',
  platform: { driver: 'apple_dart_driver', probe: 'apple_dart_probe' },
  ops: 'apple_dart_iommu_ops',
  keepsIds: true,
  make(kernel, device) {
    const { structs } = kernel;
    const dart = structs.make(`${device.name}->dart`, 'apple_dart', {
      dev: device.dev,
      hw: kernel.variable('apple_dart_hw_t8103').at(0),
      pgsize: 4096,
      num_streams: streams,
    });
    const iommu = structs.at(dart.at(0), 'apple_dart', 'iommu') as Pointer;
    return { iommu, ...drvdata(kernel, device, dart.at(0)) };
  },
  functions: ({ structs }) => ({
    ...hardware(structs),
    apple_dart_setup_translation: returning(0),
    apple_dart_hw_disable_dma: returning(0),
    apple_dart_hw_enable_bypass: returning(0),
    apple_dart_hw_invalidate_tlb: returning(0),
  }),
};
