import { abbreviate, decodeSchedule, encodeSchedule, type Schedule } from '../../explore/index.ts';
import { percentList, percentListDecoded, UsageError } from '../../util/index.ts';

/** All it takes to run one execution of a program in C again. */
export interface ReplayableC {
  /** The files, as they were named. */
  readonly files: readonly string[];
  /** What the compiler was told besides. */
  readonly flags: readonly string[];
  readonly unroll: number | null;
  readonly faults: number;
  /** Stands for the text of the modules: another text may have other steps. */
  readonly digest: string;
  readonly schedule: Schedule;
  /** The fingerprint of the bug it shows, or its abbreviation. */
  readonly bug: string;
}

/** `c1/files/flags/digest/schedule/bug` */
export function encodeTokenC(what: ReplayableC, tasks: readonly string[]): string {
  return [
    'c1',
    percentList(what.files),
    percentList([...what.flags, ...limitsText(what)]),
    what.digest,
    encodeSchedule(what.schedule, tasks),
    abbreviate(what.bug).slice(1),
  ].join('/');
}

/** Whether a token is one of a program in C. */
export function isTokenC(token: string): boolean {
  return token.startsWith('c');
}

/** @throws UsageError when it is no token, or one of another version */
export function decodeTokenC(token: string): ReplayableC {
  const [head, files, flags, digest, schedule, bug, ...more] = token.split('/');
  if (head !== 'c1') throw bad('it does not start with "c1/"');
  if (!files || !flags || !digest || schedule === undefined || !bug || more.length > 0)
    throw bad('it may have been cut');
  const lists = [files, flags].map((word) => {
    const list = percentListDecoded(word);
    if (list === null) throw bad(`"${word}" is not percent-encoded text`);
    return list;
  });
  return {
    files: lists[0] as string[],
    ...readFlags(lists[1] as string[]),
    digest,
    schedule: decodeSchedule(schedule),
    bug: `#${bug}`,
  };
}

function limitsText({ unroll, faults }: ReplayableC): string[] {
  return [
    ...(unroll === null ? [] : [`--unroll=${unroll}`]),
    ...(faults === 0 ? [] : [`--faults=${faults}`]),
  ];
}

const limit = /^--(unroll|faults)=(\d{1,9})$/;

/** What is for the compiler, and what is not. */
function readFlags(words: readonly string[]): Pick<ReplayableC, 'flags' | 'unroll' | 'faults'> {
  const limits = new Map<string | undefined, number>();
  const flags = words.filter((word) => {
    const [, name, value] = limit.exec(word) ?? [];
    if (name !== undefined) limits.set(name, Number(value));
    return name === undefined;
  });
  return { flags, unroll: limits.get('unroll') ?? null, faults: limits.get('faults') ?? 0 };
}

function bad(why: string): UsageError {
  return new UsageError(
    'cli/bad-token',
    `this is not a token: ${why}`,
    'copy the whole word after "fwspec replay"',
  );
}
