import type { Design, Kconfig } from '../../linux/index.ts';
import { asAsked, asCaptured, type BootOptions, type Machine } from '../../machine/index.ts';
import { nearestRelease } from '../../series/index.ts';
import { UsageError } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import { designWith } from '../kernel/patch-file.ts';
import type { Console } from '../output/console.ts';
import { calledIn } from './given.ts';
import { hasAnswers, loadCaptured, loadMachine, type Source, sourceAt } from './load.ts';

/** What options say of a kernel. */
export type Asking = Pick<Options, 'kernel' | 'patch' | 'asked' | 'assume'>;

/** A machine, and the kernel that somebody asks about it. */
export interface Subject {
  readonly machine: Machine;
  readonly design: Design;
  readonly config: Kconfig;
  readonly options: BootOptions;
  /** How a file of it is called in a message. */
  readonly called: (file: string) => string;
}

/**
 * What an operand and the options are about. A capture brings the command line and configuration of
 * its kernel with it, and what came when; the running machine also its kernel. `kernel` is that of
 * any other one, where nobody says.
 */
export async function subjectOf(
  path: string,
  kernel: string,
  options: Asking,
  console: Pick<Console, 'note'>,
): Promise<Subject> {
  if (path === 'live' && options.assume !== null) throw assumesWrongly(path);
  if (path === 'live') return await liveSubject(options, console);
  return await subjectIn(await sourceAt(path), kernel, options, console, path);
}

/** The same of what has been opened already. */
export async function subjectIn(
  source: Source,
  kernel: string,
  options: Asking,
  console: Pick<Console, 'note'>,
  path: string = calledIn(source.given.named, ''),
): Promise<Subject> {
  const { patch, asked } = options;
  const design = await designWith(options.kernel ?? kernel, patch);
  const called = (name: string): string => calledIn(source.given.named, name);
  if (hasAnswers(source)) {
    if (options.assume !== null) throw assumesWrongly(path);
    const { machine, capture } = await loadCaptured(source);
    if (options.kernel === null) noteRelease(capture.release, design.name, console);
    return { design, ...asCaptured(machine, capture, design, asked), called };
  }
  const machine = await loadMachine(source, options.assume);
  if (options.assume !== null && machine.firmware !== 'none') throw assumesWrongly(path);
  return { design, ...asAsked(machine, null, design, asked), called };
}

function assumesWrongly(path: string): UsageError {
  const why = 'is for PCI functions of which no firmware is known';
  return new UsageError('cli/bad-option', `--assume ${why}, and ${path} has firmware`);
}

function noteRelease(release: string, shown: string, console: Pick<Console, 'note'>): void {
  const nearest = nearestRelease(release).name;
  if (nearest !== shown)
    console.note(`captured under ${release}, shown as ${shown}: see --kernel ${nearest}`);
}

async function liveSubject(
  { kernel, patch, asked }: Asking,
  console: Pick<Console, 'note'>,
): Promise<Subject> {
  const { loadLive } = await import('./live.ts');
  const { machine, capture } = await loadLive();
  const { release, notCollected } = capture;
  const design = await designWith(kernel ?? nearestRelease(release).name, patch);
  const whose = asked.cmdline === null ? 'its own' : 'the given';
  console.note(`this machine runs ${release}, shown as ${design.name} with ${whose} command line`);
  for (const what of notCollected) console.note(`not read: ${what}`);
  return { design, ...asCaptured(machine, capture, design, asked), called: (file) => file };
}
