import { type Capture, parseCapture } from '../machine/index.ts';
import { refuse } from './bytes.ts';
import { type Files, namesIn, naming, textIn } from './files.ts';
import { listed } from './parts.ts';

/** The kernel's answers, and all else that firmware does not say. */
const answersFile = 'expected.json';

/** Where a capture may have the configuration of its kernel; the first that is there counts. */
const kconfigFiles = ['kconfig', 'config'];

export function isCapture(files: Files): boolean {
  return files.has(answersFile);
}

/** What the kernel of a captured machine was, and what it decided. */
export async function captureIn(files: Files): Promise<Capture> {
  if (!isCapture(files)) {
    const found = listed(namesIn(files, ''));
    throw refuse('no-answers', 'capture', null, `${answersFile}, what a kernel decided`, found);
  }
  const kconfig = kconfigFiles.find((name) => files.has(name));
  return await naming(answersFile, () =>
    parseCapture(textIn(files, answersFile), kconfig === undefined ? null : textIn(files, kconfig)),
  );
}
