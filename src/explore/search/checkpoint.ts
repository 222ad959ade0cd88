import type { SavedFindings } from '../witness/findings.ts';
import type { SavedSearch } from './saved-search.ts';

/**
 * An exploration between two executions, as plain data that can be written as JSON. Resumed, it
 * goes on with the very next execution: nothing is lost and nothing done twice.
 */
export interface Checkpoint {
  readonly version: 3;
  readonly program: string;
  readonly search: SavedSearch;
  readonly findings: SavedFindings;
}
