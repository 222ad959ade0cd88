import { abbreviate, decodeSchedule, encodeSchedule, type Schedule } from '../explore/index.ts';
import {
  percentDecoded,
  percentEncoded,
  percentList,
  percentListDecoded,
  UsageError,
} from '../util/index.ts';
import { type LinuxShape, readShape, shapeToken } from './scenario/shape.ts';

/** All it takes, besides a tree, to run one execution of a kernel's own C again. */
export interface ReplayableLinux {
  readonly scenario: string;
  readonly arch: string;
  /** The version of clang. */
  readonly llvm: string;
  readonly level: string;
  /** Files that were linked besides those of the scenario. */
  readonly files: readonly string[];
  /** The IOMMU driver; null for one by hand. */
  readonly driver: string | null;
  /** The shape of the device; null for the one that the scenario is usually about. */
  readonly shape: LinuxShape | null;
  /** Stands for what was compiled: another text may have other steps. */
  readonly digest: string;
  readonly schedule: Schedule;
  /** The fingerprint of the bug it shows, or its abbreviation. */
  readonly bug: string;
}

/** `l1/scenario/arch/llvm/level/files/driver/digest/schedule/bug`, and a shape behind it where one was asked for. */
export function encodeTokenLinux(what: ReplayableLinux, tasks: readonly string[]): string {
  const { scenario, arch, llvm, level, files, driver, digest, schedule, bug, shape } = what;
  return [
    'l1',
    ...[scenario, arch, llvm, level].map(percentEncoded),
    percentList(files),
    percentList(driver === null ? [] : [driver]),
    digest,
    encodeSchedule(schedule, tasks),
    abbreviate(bug).slice(1),
    ...(shape === null ? [] : [shapeToken(shape)]),
  ].join('/');
}

/** Whether a token is one of a kernel's own C. */
export function isTokenLinux(token: string): boolean {
  return token.startsWith('l');
}

/** @throws UsageError when it is no token, or one of another version */
export function decodeTokenLinux(token: string): ReplayableLinux {
  const [head, ...parts] = token.split('/');
  if (head !== 'l1') throw bad('it does not start with "l1/"');
  // Only of a schedule nothing may be left.
  if (parts.length < 9 || parts.length > 10 || parts.some((part, i) => part === '' && i !== 7))
    throw bad('it may have been cut');
  const [scenario, arch, llvm, level, files, drivers, digest, schedule, bug, shaped] = parts as [
    ...Nine<string>,
    string?,
  ];
  const shape = shaped === undefined ? null : readShape(shaped);
  if (shape === null && shaped !== undefined) throw bad(`"${shaped}" is no shape of a device`);
  const word = (text: string): string => percentDecoded(text) ?? refuse(text);
  const list = (text: string): string[] => percentListDecoded(text) ?? refuse(text);
  return {
    scenario: word(scenario),
    arch: word(arch),
    llvm: word(llvm),
    level: word(level),
    files: list(files),
    driver: list(drivers)[0] ?? null,
    shape,
    digest,
    schedule: decodeSchedule(schedule),
    bug: `#${bug}`,
  };
}

type Nine<T> = readonly [T, T, T, T, T, T, T, T, T];

function refuse(word: string): never {
  throw bad(`"${word}" is not percent-encoded text`);
}

function bad(why: string): UsageError {
  return new UsageError(
    'cli/bad-token',
    `this is not a token: ${why}`,
    'copy the whole word after "fwspec replay"',
  );
}
