import { UsageError } from '../../../util/index.ts';
import { givenBy } from '../../input/given.ts';
import { type Parcel, parcelOf } from '../../input/parcel.ts';
import type { LintPiece, Piece, VerifyPiece } from '../../pieces/piece.ts';
import { digestOf, type PatchName } from './identity.ts';
import { mostFiles, mostOfFiles, mostOfPiece } from './sizes.ts';

/** Bytes by their digest. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/** A parcel with digests in the place of its bytes. */
export type SentParcel = Omit<Parcel, 'files' | 'isBrought'> & {
  readonly files: readonly (readonly [name: string, digest: string | null])[];
};

/** A piece as it is put in a queue: no code is in it, and no path that anybody opens. */
export interface Travelling {
  /** With nothing where its files and its patch are. */
  readonly piece: Piece;
  readonly patch: PatchName | null;
  /** What was given, and the answers beside it. */
  readonly parcels: readonly SentParcel[];
}

/** Why a piece is done by whoever asks for it. */
export type Homebound = 'here' | 'too large';

/** A piece as others can do it, and what its files contain. */
export function packed(
  piece: Piece,
  patch: PatchName | null,
): { readonly sent: Travelling; readonly contents: Contents } | Homebound {
  const given = piece.kind === 'search' ? [] : parcelsOf(piece);
  // What cannot be read is told as it is without a queue.
  if (given === null) return 'here';
  const contents = new Map<string, Uint8Array>();
  const parcels = given.map(({ named, tree, isOpened, files }) => ({
    named,
    tree,
    isOpened,
    files: [...files].map(([name, bytes]) => {
      if (bytes === null) return [name, null] as const;
      const digest = digestOf(bytes);
      contents.set(digest, bytes);
      return [name, digest] as const;
    }),
  }));
  const sent = { piece: bare(piece), patch, parcels };
  return isTooLarge(sent, contents) ? 'too large' : { sent, contents };
}

function isTooLarge(sent: Travelling, contents: Contents): boolean {
  const files = sent.parcels.reduce((sum, parcel) => sum + parcel.files.length, 0);
  const size = [...contents.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  return size > mostOfFiles || files > mostFiles || JSON.stringify(sent).length > mostOfPiece;
}

/** What was given to a piece; null where it is this machine, or cannot be read. */
function parcelsOf(piece: LintPiece | VerifyPiece): Parcel[] | null {
  const { given } = piece;
  const answers = piece.kind === 'verify' ? piece.answers : null;
  if (given === null || (piece.kind === 'lint' && given === 'live')) return null;
  try {
    return [given, ...(answers === null ? [] : [answers])].map((of) =>
      typeof of === 'string' ? parcelOf(givenBy(of), false) : of,
    );
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

function bare(piece: Piece): Piece {
  if (piece.kind === 'search') return { ...piece, request: { ...piece.request, patch: null } };
  const patch = null;
  if (piece.kind === 'lint') return { ...piece, given: '', options: { ...piece.options, patch } };
  return { ...piece, given: '', answers: null, options: { ...piece.options, patch } };
}

/** The piece again, with what was brought with it and the file of the patch that is here. */
export function unpacked(
  { piece, parcels }: Pick<Travelling, 'piece' | 'parcels'>,
  contents: Contents,
  patch: string | null,
): Piece {
  const [given = null, answers = null] = parcels.map((parcel) => ({
    ...parcel,
    isBrought: true,
    files: new Map(
      parcel.files.map(([name, digest]) => [
        name,
        digest === null ? null : (contents.get(digest) ?? null),
      ]),
    ),
  }));
  if (piece.kind === 'search') return { ...piece, request: { ...piece.request, patch } };
  if (piece.kind === 'lint')
    return { ...piece, given: given ?? '', options: { ...piece.options, patch } };
  return { ...piece, given, answers, options: { ...piece.options, patch } };
}
