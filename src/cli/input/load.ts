import {
  answersFor,
  answersOf,
  type Compiled,
  captureIn,
  isCapture,
  machineIn,
  type Opened,
  opened,
} from '../../input/index.ts';
import type { AssumedIommu, Capture, Machine, WholeCapture } from '../../machine/index.ts';
import { FormatError } from '../../util/index.ts';
import { compiledIn } from './compiled.ts';
import { calledIn, type Given, givenBy } from './given.ts';
import { inflate } from './inflate.ts';

/** What an operand names, without what it was packed in. */
export interface Source extends Opened {
  readonly given: Given;
}

/** What is asked for can only be done where the files are: a source includes others. */
export class NotHere extends Error {
  constructor() {
    super('it can only be done where its files are');
  }
}

/** A machine, and what its kernel decided, as far as somebody knows. */
export interface Answered {
  readonly machine: Machine;
  readonly capture: Capture;
}

/** A captured machine, and what its kernel was and decided. */
export interface Captured extends Answered {
  readonly capture: WholeCapture;
}

/** What is in a file, a directory, an archive or standard input. */
export async function sourceAt(operand: string): Promise<Source> {
  return await sourceIn(givenBy(operand));
}

export async function sourceIn(given: Given): Promise<Source> {
  return await locating(given, async () => ({ given, ...(await opened(given.files, inflate)) }));
}

export async function loadMachine(
  { given, ...open }: Source,
  assume: AssumedIommu | null = null,
): Promise<Machine> {
  const tools = {
    inflate,
    compile: async (name: string, source: Uint8Array) => {
      if (given.brought) return broughtCompiled(given.brought.get(name));
      const { compile } = await import('./compile-devicetree.ts');
      return compile(given.pathOf(name), name, source);
    },
  };
  return await locating(given, () => machineIn(open, tools, { tree: given.tree, assume }));
}

function broughtCompiled(bytes: Uint8Array | undefined): Compiled {
  const compiled = bytes === undefined ? null : compiledIn(bytes);
  if (compiled === null) throw new NotHere();
  return compiled;
}

/** The machine and the answers of its kernel; null where there are no answers. */
export async function loadCaptured(source: Source): Promise<Captured> {
  const capture = await loadAnswers(source);
  return { machine: await loadMachine(source), capture };
}

/** The machine and what its kernel decided, told by a capture, or by a log or listing beside it. */
export async function loadAnswered(source: Source): Promise<Answered> {
  if (hasAnswers(source)) return await loadCaptured(source);
  const { given, files } = source;
  let loaded: Promise<Machine> | null = null;
  const machine = (): Promise<Machine> => (loaded ??= loadMachine(source));
  const capture = await locating(given, () => answersFor(files, machine));
  return { machine: await machine(), capture };
}

/** The machine and the answers in a file of their own: a capture's, a kernel log, a listing of groups. */
export async function loadWithAnswers(source: Source, answers: Source): Promise<Answered> {
  const machine = await loadMachine(source);
  const { given, files } = answers;
  return { machine, capture: await locating(given, () => answersOf(files, machine)) };
}

/** What the kernel of a captured machine was, and what it decided. */
export async function loadAnswers({ given, files }: Source): Promise<WholeCapture> {
  return await locating(given, () => captureIn(files));
}

export function hasAnswers({ files }: Source): boolean {
  return isCapture(files);
}

/** Read, and say by its path which file it is that cannot be read. */
async function locating<T>(given: Given, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError) error.file = calledIn(given.named, error.file ?? '');
    throw error;
  }
}
