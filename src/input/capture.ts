import {
  type Answers,
  answersIn,
  type Capture,
  captureOf,
  type Machine,
  parseCapture,
  type WholeCapture,
} from '../machine/index.ts';
import { refuse } from './bytes.ts';
import { bytesIn, type Files, namesIn, naming, soleFile, textIn, textOf } from './files.ts';
import { listed } from './parts.ts';
import { type Kind, plainBytes, recognise } from './recognise/recognise.ts';
import { groupListing, kernelLog, whereFrom } from './recognise/texts.ts';

/** The kernel's answers, and all else that firmware does not say. */
const answersFile = 'expected.json';

/** Where a capture may have the configuration of its kernel; the first that is there counts. */
const kconfigFiles = ['kconfig', 'config'];

export function isCapture(files: Files): boolean {
  return files.has(answersFile);
}

/** Nobody has more files beside a machine: of more, none is looked at. */
const mostFiles = 100;

/**
 * What the kernel of a machine decided: the answers of a capture, or else what kernel logs and listings
 * of groups that lie beside it say.
 */
export async function answersFor(files: Files, machine: () => Promise<Machine>): Promise<Capture> {
  const answers = isCapture(files) ? null : answersBeside(files);
  return answers === null ? await captureIn(files) : captureOf(answers, await machine());
}

function answersBeside(files: Files): Answers | null {
  const names = namesIn(files, '').filter((name) => !name.endsWith('/'));
  if (names.length > mostFiles) return null;
  return answersIn(
    names
      .filter((name) => saysAnswers(recognise(name, bytesIn(files, name))))
      .map((name) => textIn(files, name)),
  );
}

function saysAnswers(kind: Kind): boolean {
  return kind.is === 'other' && (kind.what === kernelLog || kind.what === groupListing);
}

/**
 * What a file with answers says, whatever its name, or those in a directory.
 *
 * @throws FormatError when it says nothing
 */
export async function answersOf(files: Files, machine: Machine): Promise<Capture> {
  const name = soleFile(files);
  if (name === null) return await answersFor(files, async () => machine);
  const bytes = bytesIn(files, name);
  const answers = answersIn([textOf(plainBytes(bytes))]);
  if (answers !== null) return captureOf(answers, machine);
  const kind = recognise(name, bytes);
  const found = kind.is === 'other' ? kind.what : kind.is;
  const expected = 'a kernel log or a listing of IOMMU groups';
  return await naming(name, () => {
    throw refuse('no-answers', 'answers', null, expected, found);
  });
}

/** What the kernel of a captured machine was, and what it decided. */
export async function captureIn(files: Files): Promise<WholeCapture> {
  if (!isCapture(files)) {
    const name = soleFile(files);
    const kind = name === null ? null : recognise(name, bytesIn(files, name));
    const other = kind?.is === 'other' ? kind : null;
    throw refuse(
      'no-answers',
      'capture',
      null,
      `what its kernel decided: ${answersFile}, a kernel log or a listing of IOMMU groups`,
      other?.what ?? listed(namesIn(files, '')),
      other?.hint == null || other.hint === whereFrom ? undefined : other.hint,
    );
  }
  const kconfig = kconfigFiles.find((name) => files.has(name));
  return await naming(answersFile, () =>
    parseCapture(textIn(files, answersFile), kconfig === undefined ? null : textIn(files, kconfig)),
  );
}
