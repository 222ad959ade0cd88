import { StateElsewhere } from '../execution/worlds.ts';
import type { Program } from '../program/program.ts';
import { Findings, type SavedFindings } from '../witness/findings.ts';
import type { ExploreOptions } from './options.ts';
import type { SavedSearch } from './saved-search.ts';
import { Search } from './search.ts';

/** A part of a search as plain data, to be handed to another thread and back. */
export interface SavedPiece {
  readonly search: SavedSearch;
  readonly findings: SavedFindings;
}

/** A part of a search that is explored ahead of time, by somebody who has nothing else to do. */
export class Piece {
  readonly #search: Search;
  readonly #findings: Findings;
  readonly #begun: SavedPiece;
  /** It cannot be explored here: what comes back is what was handed out. */
  #failed = false;

  /** @throws UsageError when the piece is of another program */
  constructor(program: Program, saved: SavedPiece, options: ExploreOptions = {}) {
    this.#search = new Search(
      program,
      (run, execution, failures) => this.#findings.add(run, execution, failures),
      {
        maxSteps: options.maxSteps,
        worlds: options.worlds,
        dataRaces: options.ignore?.includes('data-race') !== true,
      },
    );
    this.#begun = saved;
    const { ignore, histogram, worlds } = options;
    const { width, names } = this.#search;
    this.#findings = new Findings(program, width, names, { ignore, histogram, worlds });
    this.#search.restore(saved.search);
    this.#findings.restore(saved.findings);
  }

  /** Explore at most `executions` more. Returns whether nothing is left to do. */
  run(executions: number): boolean {
    if (this.#failed) return true;
    try {
      return this.#search.explore(executions);
    } catch (error) {
      if (!(error instanceof StateElsewhere)) throw error;
      this.#failed = true;
      return true;
    }
  }

  get executions(): number {
    return this.#search.executions;
  }

  save(): SavedPiece {
    if (this.#failed) return this.#begun;
    return { search: this.#search.save(), findings: this.#findings.save() };
  }
}
