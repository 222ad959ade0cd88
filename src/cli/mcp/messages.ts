// What the server and the process that answers one question tell each other.

import { inPackage } from '../system/package.ts';
import type { Asked } from './asked.ts';

/** The program of such a process. */
export const answerProgram: URL = inPackage('dist/cli/mcp-answer.js');

/** The question, and what may be read for it. */
export interface Order {
  readonly asked: Omit<Asked, 'content'>;
  readonly folders: readonly string[];
  readonly linux: string | null;
  /** A folder of its own, which is gone afterwards. */
  readonly work: string;
}

export type ToAnswer =
  | { readonly kind: 'order'; readonly order: Order }
  /** The time is over: what was found so far is the answer. */
  | { readonly kind: 'stop' };

/** What a command says. */
export interface Said {
  /** JSON. */
  readonly document: string;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

export type FromAnswer =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'said'; readonly said: Said }
  | { readonly kind: 'failed'; readonly text: string };
