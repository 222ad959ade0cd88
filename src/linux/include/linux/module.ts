import { Struct } from '../../../explore/index.ts';

/** What is in memory of a driver that is a module: its code, and the `iommu_ops` that name it. */
export class module extends Struct {}
