import { apply, base, type Design, type Patch } from '../../linux/index.ts';
import { UsageError } from '../../util/index.ts';
import { patches as v6_1 } from './v6.1.ts';
import { avoidMoreRaces } from './v6.7.ts';
import { patches as v6_8 } from './v6.8.ts';
import { patches as v6_12 } from './v6.12.ts';
import { patches as v6_15 } from './v6.15.ts';
import { patches as v6_16 } from './v6.16.ts';
import { patches as v7_3 } from './v7.3.ts';

const changes: readonly (readonly [name: string, about: string, patches: readonly Patch[]])[] = [
  [
    'v6.7',
    'what was merged instead: the probe lock held across the parse (a2e7e59a9426)',
    [avoidMoreRaces],
  ],
  ['v6.8', 'patches 1 to 4, 16 and 17 merged; a bus has no IOMMU driver of its own', v6_8],
  ['v6.12', 'as of 6.12.117: no ops and no placeholders in the fwspec', v6_12],
  ['v6.15', 'firmware is read where a device is added, with the probe lock let go', v6_15],
  ['v6.16', 'looks at what happened meanwhile; clients wait for the walk (as 6.15.1)', v6_16],
  ['v7.3', 'as of 7.3.4', v7_3],
];

/** The release whose drivers have been read last. */
const newest = 'v7.3';

const v6_7 = apply('v6.7', base, avoidMoreRaces);

/** As of 6.1.192: the core as it was before v6.5, under the lock that came back from v6.7. */
export const oldRelease: { readonly design: Design; readonly about: string } = {
  design: { ...apply('v6.1', v6_7, ...v6_1), older: true },
  about: 'as of 6.1.192: a core of before v6.5, under the probe lock of v6.7',
};

/** Releases from v6.7 on, each as patches over the one before. */
export const releases: readonly { readonly design: Design; readonly about: string }[] = (() => {
  let design = base;
  return changes.map(([name, about, patches]) => {
    design = apply(name, design, ...patches);
    if (name === newest) design = { ...design, newest: true };
    return { design, about };
  });
})();

/** The release of the model that is the nearest to a kernel, which `uname -r` calls by this name. */
export function nearestRelease(release: string): Design {
  const wanted = versionOf(release);
  const older = [oldRelease, ...releases].filter(
    ({ design }) => versionOf(design.name.slice(1)) <= wanted,
  );
  return (older.at(-1) ?? oldRelease).design;
}

function versionOf(release: string): number {
  const version = /^(\d+)\.(\d+)/.exec(release);
  if (version === null)
    throw new UsageError('cli/unknown-kernel', `"${release}" is no kernel release`);
  return Number(version[1]) * 1000 + Number(version[2]);
}
