import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Checkpoint } from '../../explore/index.ts';
import { UsageError } from '../../util/index.ts';
import type { SearchRequest } from './request.ts';

/** What the file says: the search, and where it stands. */
interface Saved {
  readonly fwspec: 'checkpoint';
  readonly version: 1;
  readonly search: string;
  readonly checkpoint: Checkpoint;
}

/** A file that a search is written to while it goes on, and goes on from when it is there. */
export class CheckpointFile {
  readonly #path: string;
  readonly #search: string;

  constructor(path: string, request: SearchRequest) {
    if (request.patch !== null) {
      throw new UsageError(
        'cli/bad-option',
        '--checkpoint and --patch exclude each other: the patch may change in between',
      );
    }
    this.#path = path;
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
    if (!existsSync(this.#path)) return null;
    const saved = this.#parse();
    if (saved === null) throw this.#refuse('it is no checkpoint of this version');
    if (saved.search !== this.#search) throw this.#refuse('it is of another search');
    return saved.checkpoint;
  }

  /** Replace the file in one step: whoever is killed on the way leaves the old one whole. */
  write(checkpoint: Checkpoint): void {
    const saved: Saved = { fwspec: 'checkpoint', version: 1, search: this.#search, checkpoint };
    const fresh = `${this.#path}.new`;
    try {
      writeFileSync(fresh, JSON.stringify(saved));
      renameSync(fresh, this.#path);
    } catch (error) {
      throw this.#refuse(error instanceof Error ? error.message : String(error), 'write');
    }
  }

  #parse(): Saved | null {
    try {
      const saved = JSON.parse(readFileSync(this.#path, 'utf8')) as Partial<Saved>;
      const known = saved.fwspec === 'checkpoint' && saved.version === 1;
      return known && saved.checkpoint !== undefined ? (saved as Saved) : null;
    } catch {
      return null;
    }
  }

  #refuse(why: string, verb = 'go on from'): UsageError {
    return new UsageError('cli/checkpoint', `cannot ${verb} ${this.#path}: ${why}`);
  }
}
