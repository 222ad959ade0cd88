import { join } from 'node:path';
import { type Capture, parseCapture } from '../machine/index.ts';
import { namesIn, readBytes } from './io.ts';
import { naming } from './load-machine.ts';

/** Where a capture may have the configuration of its kernel; the first that is there counts. */
const kconfigFiles = ['kconfig', 'config'];

/** What the kernel of a captured machine was, and what it decided. */
export function loadCapture(path: string): Capture {
  const file = join(path, 'expected.json');
  const answers = textOf(file);
  const kconfig = kconfigFiles.find((name) => namesIn(path).includes(name));
  return naming(file, () =>
    parseCapture(answers, kconfig === undefined ? null : textOf(join(path, kconfig))),
  );
}

function textOf(file: string): string {
  return Buffer.from(readBytes(file)).toString('utf8');
}
