import { anyKernel } from './any-kernel.ts';
import type { Section } from './finding.ts';
import { series } from './fwspec-v2.ts';
import { v61 } from './v6.1.ts';
import { v67rc1 } from './v6.7-rc1.ts';
import { v612 } from './v6.12.ts';
import { v615 } from './v6.15.ts';
import { v73 } from './v7.3.ts';

/** Everything that is known, by the kernel under whose name it is told. */
export const sections: readonly Section[] = [v73, v615, v612, v67rc1, v61, series, anyKernel];
