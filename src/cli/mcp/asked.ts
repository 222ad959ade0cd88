/** What every answer is bounded by; each bound is told where it is met. */
export const bounds = {
  /** Bytes of a request. */
  request: 16_777_216,
  /** Characters of a firmware that is given in a request, or of all its patches together. */
  content: 8_388_608,
  /** Characters of any other text. */
  text: 4096,
  /** Characters of a token. */
  token: 65_536,
  /** Entries of a list. */
  list: 100,
  /** Bytes of the document of an answer. */
  answer: 4_194_304,
  /** Lines of its text. */
  lines: 60,
  /** Requests that wait for others to end. */
  waiting: 32,
  /** Megabytes of memory of one search. */
  memory: 2048,
} as const;

/** What the operator lets everybody do. */
export interface Allowed {
  /** The folders that are read, without links in them. */
  readonly folders: readonly string[];
  /** The tree of Linux that patches are judged on; null for none. */
  readonly linux: string | null;
  /** The most seconds that somebody may ask for. */
  readonly maxSeconds: number;
}

/** A patch: its text, or where it is. */
export type GivenPatch = { readonly text: string } | { readonly path: string };

/** One question, as a process of its own is told it. */
export interface Asked {
  readonly tool: ToolName;
  readonly options: readonly string[];
  readonly operands: readonly string[];
  /** What standard input is. */
  readonly content: Uint8Array | null;
  readonly patches: readonly GivenPatch[];
  /** Whether the operator's tree of Linux is explored, and not the model. */
  readonly ofTree: boolean;
  readonly seconds: number;
  /** Whether it can end early with what it has found. */
  readonly searches: boolean;
}

export type ToolName =
  | 'inspect'
  | 'explain'
  | 'groups'
  | 'lint'
  | 'explore'
  | 'replay'
  | 'judge'
  | 'list';
