import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { ran } from './run.ts';

/** The versions of clang whose IR is read, the one that is tried first before the others. */
const versions: readonly number[] = [19, 18, 17, 16, 15, 14];

/** What a kernel is built with besides the compiler. */
const others = ['ld.lld', 'llvm-objcopy', 'llvm-nm', 'llvm-ar'];

/** clang with what a kernel is linked with. */
export interface Toolchain {
  readonly version: number;
  /** What `LLVM=` is given. */
  readonly llvm: string;
  /** All that the compiler says of its version. */
  readonly full: string;
  readonly opt: string;
}

/**
 * The tools of one version, or of the newest that is installed and that the kernel takes.
 *
 * @throws UsageError where they are not there
 */
export async function toolchain(wanted: number | null, least: number): Promise<Toolchain> {
  if (wanted !== null && wanted < least)
    throw new UsageError('cli/unfit-clang', `this kernel wants clang ${least} or newer`);
  const fit = versions.filter((one) => (wanted === null ? one >= least : one === wanted));
  const oldest = fit.at(-1);
  if (oldest === undefined)
    throw new UsageError(
      'cli/unfit-clang',
      `clang ${wanted ?? least} is needed, and the IR of ${versions.at(-1)} to ${versions[0]} is read`,
    );
  let incomplete: UsageError | null = null;
  for (const version of fit)
    for (const suffix of [`-${version}`, '']) {
      if (!isInstalled(`clang${suffix}`)) continue;
      const { stdout } = await ran(`clang${suffix}`, ['--version']);
      const [, found] = /clang version (\d+)/.exec(stdout) ?? [];
      if (Number(found) !== version) continue;
      const missing = others.find((tool) => !isInstalled(tool + suffix));
      if (missing === undefined) {
        const [full = ''] = stdout.split('\n');
        return { version, llvm: suffix === '' ? '1' : suffix, full, opt: `opt${suffix}` };
      }
      const problem = `clang ${version} is installed without ${missing}${suffix}`;
      incomplete ??= new UsageError('cli/no-clang', problem, hintFor(version));
    }
  if (incomplete !== null) throw incomplete;
  const name = fit.length === 1 ? oldest : `${oldest} to ${versions[0]}`;
  throw new UsageError('cli/no-clang', `clang ${name} is not installed`, hintFor(oldest));
}

function hintFor(version: number): string {
  return `apt-get install clang-${version} lld-${version} llvm-${version}`;
}

export function isInstalled(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && canRun(join(folder, program)));
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
