import { UsageError } from '../../util/index.ts';
import { ran } from './run.ts';

/** The versions of clang whose IR is read, the one that is tried first before the others. */
export const versions: readonly number[] = [19, 18, 17, 16, 15, 14];

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
  const hint = `apt-get install clang-${wanted ?? 14} lld-${wanted ?? 14} llvm-${wanted ?? 14}`;
  if (wanted !== null && !versions.includes(wanted))
    throw new UsageError(
      'cli/unfit-clang',
      `--llvm takes ${versions.at(-1)} to ${versions[0]}, whose IR is read, not ${wanted}`,
    );
  if (wanted !== null && wanted < least)
    throw new UsageError('cli/unfit-clang', `this kernel wants clang ${least} or newer`);
  let incomplete = '';
  for (const version of wanted === null ? versions : [wanted]) {
    if (version < least) continue;
    for (const suffix of [`-${version}`, '']) {
      const missing: string[] = [];
      let full = '';
      for (const tool of ['clang', 'ld.lld', 'llvm-objcopy', 'llvm-nm', 'llvm-ar']) {
        const { status, stdout } = await ran(tool + suffix, ['--version']);
        if (tool === 'clang') {
          const [, found] = /clang version (\d+)/.exec(stdout) ?? [];
          if (status !== 0 || Number(found) !== version) break;
          full = stdout.split('\n')[0] as string;
        } else if (status !== 0) missing.push(tool + suffix);
      }
      if (full !== '' && missing.length === 0) {
        const llvm = suffix === '' ? '1' : suffix;
        return { version, llvm, full, opt: `opt${suffix}` };
      }
      if (full !== '') incomplete ||= `clang ${version} is installed without ${missing[0]}`;
    }
  }
  if (incomplete !== '') throw new UsageError('cli/no-clang', incomplete, hint);
  const name = wanted === null ? `clang ${Math.max(least, 14)} to 19` : `clang ${wanted}`;
  throw new UsageError('cli/no-clang', `${name} is not installed`, hint);
}
