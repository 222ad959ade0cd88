import { join } from 'node:path';
import { type Capture, type Machine, parseCapture } from '../../machine/index.ts';
import { kindOf, namesIn, readBytes } from '../system/io.ts';
import { loadMachine, naming } from './load-machine.ts';

/** Where a capture may have the configuration of its kernel; the first that is there counts. */
const kconfigFiles = ['kconfig', 'config'];

/** A captured machine, and what its kernel was and decided. */
export interface Captured {
  readonly machine: Machine;
  readonly capture: Capture;
}

/** The kernel's answers, and all else that firmware does not say. */
const answersFile = 'expected.json';

export function isCapture(path: string): boolean {
  return kindOf(path) === 'directory' && namesIn(path).includes(answersFile);
}

export function loadCaptured(path: string): Captured {
  const capture = loadAnswers(path);
  return { machine: loadMachine(path), capture };
}

/** What the kernel of a captured machine was, and what it decided. */
export function loadAnswers(path: string): Capture {
  const file = join(path, answersFile);
  const answers = textOf(file);
  const kconfig = kconfigFiles.find((name) => namesIn(path).includes(name));
  return naming(file, () =>
    parseCapture(answers, kconfig === undefined ? null : textOf(join(path, kconfig))),
  );
}

function textOf(file: string): string {
  return Buffer.from(readBytes(file)).toString('utf8');
}
