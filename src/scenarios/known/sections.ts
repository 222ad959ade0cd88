import type { Section } from './finding.ts';
import { v61 } from './releases/v6.1.ts';
import { v612 } from './releases/v6.12.ts';
import { v615 } from './releases/v6.15.ts';
import { v73 } from './releases/v7.3.ts';
import { anyKernel } from './several-kernels/any-kernel.ts';
import { series } from './thread/fwspec-v2.ts';
import { v67rc1 } from './thread/v6.7-rc1.ts';

/** Everything that is known, by the kernel under whose name it is told. */
export const sections: readonly Section[] = [v73, v615, v612, v67rc1, v61, series, anyKernel];
