import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Checkpoint } from '../../explore/index.ts';
import { UsageError } from '../../util/index.ts';
import {
  hasCode,
  kindOf,
  maxFileSize,
  namesIn,
  notAFile,
  readBytes,
  reason,
} from '../system/io.ts';
import type { SearchRequest } from './request.ts';

const version = 2;

/** What the file says: the search, and where it stands. */
interface Saved {
  readonly fwspec: 'checkpoint';
  readonly version: typeof version;
  readonly search: string;
  readonly checkpoint: Checkpoint;
}

/** A file that a search is written to while it goes on, and goes on from when it is there. */
export class CheckpointFile {
  /** As it was named, for messages. */
  readonly #name: string;
  readonly #path: string;
  readonly #search: string;
  readonly #note: (text: string) => void;
  /** Why the last attempt to write it failed. */
  #failure: string | null = null;

  /**
   * @param note says what goes wrong with a search that goes on all the same
   * @throws UsageError when the file cannot be one
   */
  constructor(path: string, request: SearchRequest, note: (text: string) => void) {
    for (const [other, given, why] of [
      ['--patch', request.patch !== null, 'the patch may change in between'],
      ['--random', request.random !== null, 'random executions are none to go on from'],
    ] as const)
      if (given)
        throw new UsageError(
          'cli/bad-option',
          `--checkpoint and ${other} exclude each other: ${why}`,
        );
    this.#name = path;
    this.#note = note;
    const found = kindOf(path);
    if (found === 'directory') throw this.refuse(notAFile.directory);
    if (found === 'special') throw this.refuse('it is no ordinary file');
    // Through a link the file it leads to is replaced, not the link.
    this.#path = found === 'file' ? realpathSync(path) : path;
    const folder = dirname(this.#path);
    if (kindOf(folder) !== 'directory')
      throw this.refuse(`${folder} is no directory that it could be in`);
    this.#clearAway(folder);
    // Budgets may differ from one run to the next; what is searched for may not.
    const { scenario, shape, kernel, config, ignore, histogram } = request;
    this.#search = JSON.stringify({ scenario, shape, kernel, config, ignore, histogram });
  }

  /**
   * Where the search stood; null when the file is not there yet.
   *
   * @throws UsageError when the file is of another search, or no checkpoint
   */
  read(): Checkpoint | null {
    if (kindOf(this.#path) === 'nothing') return null;
    const saved = this.#parse();
    if (saved.search !== this.#search) throw this.refuse('it is of another search');
    return saved.checkpoint;
  }

  /**
   * Replace the file in one step: whoever is killed on the way leaves the old one whole, and so does
   * a full disk. The search does not end with that.
   */
  write(checkpoint: Checkpoint): void {
    const saved: Saved = { fwspec: 'checkpoint', version, search: this.#search, checkpoint };
    const fresh = `${this.#path}.${process.pid}.new`;
    const before = this.#failure;
    try {
      const text = JSON.stringify(saved);
      if (text.length > maxFileSize)
        throw new Error(`it would be longer than ${maxFileSize} bytes`);
      writeDurably(fresh, text);
      renameSync(fresh, this.#path);
      sync(dirname(this.#path));
      this.#failure = null;
    } catch (error) {
      this.#failure = reason(error);
      rmSync(fresh, { force: true });
    }
    if (this.#failure !== null && before === null)
      this.#note(`cannot write ${this.#name}: ${this.#failure}; the search goes on`);
  }

  /** The search is over. */
  close(): void {
    if (this.#failure !== null)
      this.#note(`${this.#name} does not say how far the search is: ${this.#failure}`);
  }

  /** Whoever was killed while it wrote has left a file that nobody needs. */
  #clearAway(folder: string): void {
    const name = basename(this.#path);
    for (const left of namesIn(folder)) {
      if (!left.startsWith(`${name}.`)) continue;
      const [, pid] = /^\.(\d+)\.new$/.exec(left.slice(name.length)) ?? [];
      if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, left), { force: true });
    }
  }

  #parse(): Saved {
    const text = Buffer.from(readBytes(this.#path)).toString('utf8');
    let saved: Partial<Record<keyof Saved, unknown>> | null;
    try {
      saved = JSON.parse(text);
    } catch {
      throw this.refuse(text === '' ? 'it is empty' : 'it is no checkpoint, or was cut');
    }
    if (saved?.fwspec !== 'checkpoint') throw this.refuse('it is no checkpoint');
    if (saved.version !== version) {
      const other = typeof saved.version === 'number' ? `version ${saved.version}` : 'no version';
      throw this.refuse(`it is of ${other}, and this fwspec writes version ${version}`);
    }
    if (typeof saved.search !== 'string')
      throw this.refuse('it does not say of which search it is');
    // The explorer looks at every field of it.
    return saved as Saved;
  }

  /** The error that refuses what is in the file. */
  refuse(why: string): UsageError {
    return new UsageError('cli/checkpoint', `cannot go on from ${this.#name}: ${why}`);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Have a directory on disk, too, where the system can do that. */
function sync(folder: string): void {
  let file: number;
  try {
    file = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(file);
  } catch {
    // Some file systems cannot, and the file is there all the same.
  } finally {
    closeSync(file);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}
