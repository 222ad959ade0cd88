import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Bug } from '../../../explore/index.ts';
import { escapeText } from '../../../util/index.ts';
import type { Piece, ResultOf } from '../../pieces/piece.ts';
import { mostOfResult, mostOfText, mostPacked, sizeText } from './sizes.ts';
import { isResultOf } from './valid-result.ts';

/** What a piece came to. */
export type Came =
  | { readonly result: ResultOf<Piece> }
  /** It cannot be done, whoever tries: in one line. */
  | { readonly error: string }
  /** It has to be done where its files are. */
  | { readonly here: true };

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** As it lies in the store. */
export async function packedResult(came: Came): Promise<Buffer> {
  const packed = await deflated(JSON.stringify(withNumbers(came)), { level: 6 });
  if (packed.length <= mostPacked) return packed;
  const error = `its result has ${sizeText(packed.length)}, and no more than ${sizeText(mostPacked)} go through a queue`;
  return await deflated(JSON.stringify({ error }));
}

/** What lies in a store, if it is the result of such a piece; else what is wrong with it, as an error. */
export async function resultIn(
  packed: Buffer,
  piece: Piece,
  sources: readonly string[] = [],
): Promise<Came> {
  let value: unknown;
  try {
    const bytes = await inflated(packed, { maxOutputLength: mostOfResult });
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { error: 'its result in the queue cannot be read' };
  }
  const { result, error, here } = withBugs(value);
  if (here === true) return { here };
  if (typeof error === 'string') return { error: safeText(error) };
  if (!isResultOf(piece, result, sources))
    return { error: 'its result in the queue is not what a worker of this version gives' };
  return { result: result as ResultOf<Piece> };
}

interface Sharing {
  readonly outcome: {
    readonly bugs: readonly unknown[];
    readonly causes: readonly { readonly witnesses: readonly unknown[] }[];
  };
}

/** A witness of a cause that is one of the bugs is so for whoever shows it, and not only alike. */
function withNumbers(came: Came): unknown {
  if (!('result' in came) || !('outcome' in came.result)) return came;
  const { bugs } = came.result.outcome;
  const numberOf = (witness: Bug): Bug | number => {
    const number = bugs.indexOf(witness);
    return number < 0 ? witness : number;
  };
  return { result: changed(came.result, (witness) => numberOf(witness as Bug)) };
}

function withBugs(value: unknown): Record<string, unknown> {
  const came = Object(value) as Record<string, unknown>;
  const { outcome } = Object(came.result) as { readonly outcome?: unknown };
  const { bugs, causes } = Object(outcome) as Record<string, unknown>;
  const isSharing =
    Array.isArray(bugs) &&
    Array.isArray(causes) &&
    causes.every((cause: unknown) =>
      Array.isArray((Object(cause) as Record<string, unknown>).witnesses),
    );
  if (!isSharing) return came;
  const bugOf = (witness: unknown): unknown =>
    typeof witness === 'number' ? (bugs as readonly unknown[])[witness] : witness;
  return { result: changed(came.result as Sharing, bugOf) };
}

/** An exploration with each witness of its causes changed. */
function changed<T extends Sharing>(
  exploration: T,
  change: (witness: unknown) => unknown,
): unknown {
  const { outcome } = exploration;
  const causes = outcome.causes.map((cause) => ({
    ...cause,
    witnesses: cause.witnesses.map(change),
  }));
  return { ...exploration, outcome: { ...outcome, causes } };
}

/** Somebody else's text, in one line and not for ever. */
export function safeText(text: string): string {
  return escapeText(text.slice(0, mostOfText).replaceAll(/\s+/g, ' '));
}
