import { realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { escapeText, hintFor, UsageError } from '../../util/index.ts';
import { isWithin } from '../system/confined.ts';
import { unreadable } from '../system/io.ts';
import { type Allowed, type Asked, bounds, type GivenPatch } from './asked.ts';
import { propertyOf } from './schema.ts';
import { inputSchema, type Tool, usualSeconds } from './tools.ts';

/** What a client gives a tool. */
export type Given = Readonly<Record<string, unknown>>;

/** Says what is wrong with a value, null where it fits the schema. */
export type Check = (value: unknown) => string | null;

/**
 * What is asked for, with paths that lead nowhere else than the operator allows, as far as their text says.
 *
 * @throws UsageError for what no tool of the name takes
 */
export function askedFor(tool: Tool, given: Given, allowed: Allowed, check: Check): Asked {
  checkNames(tool, given, allowed);
  const wrong = check(given);
  if (wrong !== null) throw bad(wrong);
  const text = (name: string): string | null => (given[name] as string | undefined) ?? null;
  const list = (name: string): readonly string[] => (given[name] as string[] | undefined) ?? [];
  const pathOf = (written: string): string => pathIn(written, allowed.folders);
  const seconds =
    (given.max_seconds as number | undefined) ?? Math.min(usualSeconds, allowed.maxSeconds);
  const content = contentOf(text('content'), text('content_base64'));
  const options = tool.options.flatMap((name) => optionWords(name, given[propertyOf(name)]));
  const patches = [
    ...list('patches').map((patch): GivenPatch => ({ text: patch })),
    ...list('patch_files').map((written): GivenPatch => ({ path: pathOf(written) })),
  ];
  const size = list('patches').reduce((sum, patch) => sum + patch.length, 0);
  if (size > bounds.content)
    throw bad(`patches: ${size} characters together, and at most ${bounds.content} are taken`);
  const machines = [
    ...[...(text('machine') === null ? [] : [text('machine') ?? '']), ...list('machines')].map(
      pathOf,
    ),
    ...(content === null ? [] : ['-']),
  ];
  const { name, searches } = tool;
  const ofTree = name === 'judge' || given.linux === true;
  const asked = { tool: name, searches, content, patches, ofTree, seconds };
  const device = text('device')?.replaceAll(escaped, unescaped) ?? null;
  switch (name) {
    case 'explore': {
      const subject = machines.length === 0 ? [] : [`--machine=${only(machines)}`];
      const more = [...subject, ...(device === null ? [] : [`--device=${device}`])];
      // C is explored by one thread anyway.
      const alone = ofTree ? [] : ['--jobs=1'];
      const words = [...options, ...more, ...alone, `--max-seconds=${seconds}`];
      return { ...asked, options: words, operands: [text('scenario') ?? ''] };
    }
    case 'judge': {
      if (patches.length === 0) throw bad('judge needs patches or patch_files');
      const words = [...options, '--jobs=1', `--max-seconds=${seconds}`];
      return { ...asked, options: words, operands: [] };
    }
    case 'replay':
      return { ...asked, options, operands: [text('token') ?? ''] };
    case 'list':
      return { ...asked, options, operands: [text('what') ?? ''] };
    case 'lint': {
      if (machines.length === 0) throw bad('lint needs machines, content or content_base64');
      return { ...asked, options: [...options, '--jobs=1'], operands: machines };
    }
    default: {
      const operands = [only(machines), ...(device === null ? [] : [device])];
      return { ...asked, options, operands };
    }
  }
}

/** A character as answers have it where it would be obeyed by terminals. */
const escaped = /\\x([0-9a-f]{2})|\\u\{([0-9a-f]{2,6})\}/g;

/** A device is named as answers name it. */
function unescaped(_all: string, short?: string, long?: string): string {
  const code = Number.parseInt(short ?? long ?? '', 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function bad(why: string): UsageError {
  return new UsageError('cli/bad-argument', why);
}

/** The one machine that is asked about. */
function only(machines: readonly string[]): string {
  const [first] = machines;
  if (first === undefined || machines.length > 1)
    throw bad(
      `exactly one of machine, content and content_base64 is needed, and there ${machines.length === 0 ? 'is none' : 'are more'}`,
    );
  return first;
}

/** What nobody knows is told by its name, which a check by schema does not. */
function checkNames(tool: Tool, given: Given, allowed: Allowed): void {
  const known = Object.keys(inputSchema(tool, allowed).properties as object);
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new UsageError(
        'cli/bad-argument',
        `${tool.name} takes no "${escapeText(name.slice(0, 80))}"`,
        hintFor(name.slice(0, 80), known, 'it takes'),
      );
}

/** An option as the command line has it. Its value cannot be taken for another one. */
function optionWords(name: string, value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [`--${name}`];
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => `--${name}=${String(one)}`);
}

function contentOf(text: string | null, base64: string | null): Uint8Array | null {
  if (text !== null && base64 !== null) throw bad('content and content_base64 exclude each other');
  if (text !== null) return Buffer.from(text, 'utf8');
  if (base64 === null) return null;
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) throw bad('content_base64 is no Base64');
  return Buffer.from(base64, 'base64');
}

/**
 * A path from the first folder, or an absolute one. Where links lead, whoever opens it looks.
 *
 * @throws UsageError, the same for all that is outside, whether or not it is there
 */
export function pathIn(written: string, folders: readonly string[]): string {
  const [first] = folders;
  const shown = JSON.stringify(written.slice(0, 200));
  if (first === undefined)
    throw new UsageError(
      'cli/no-folders',
      `cannot read ${shown}: this server was started without directories`,
      'give the content itself',
    );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no path has them for a good reason
  if (/[\x00-\x1f\x7f]/.test(written))
    throw unreadable(shown, 'there is a control character in it');
  if (/^-|^live$/.test(written))
    throw unreadable(shown, 'the path of a file is wanted', `a file is called ./${written}`);
  if (written.split('/').includes('..')) throw unreadable(shown, 'a path may not go up by ..');
  if (isAbsolute(written)) {
    if (folders.some((folder) => isWithin(folder, written))) return written;
    throw unreadable(shown, 'it does not exist, or is in no directory that may be read');
  }
  // A path of the first folder is told as it is asked for.
  const other = folders.slice(1).find((folder) => !isIn(first, written) && isIn(folder, written));
  return other === undefined ? written : join(other, written);
}

/** Whether it is in the folder, and does not lead out of it. */
function isIn(folder: string, written: string): boolean {
  return [written, written.replace(/#\d+$/, '')].some((path) => {
    try {
      return isWithin(folder, realpathSync(join(folder, path)));
    } catch {
      return false;
    }
  });
}
