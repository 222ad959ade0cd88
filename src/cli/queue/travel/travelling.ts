import { type Compiled, recognise } from '../../../input/index.ts';
import { UsageError } from '../../../util/index.ts';
import { compile } from '../../input/compile-devicetree.ts';
import { compiledBytes } from '../../input/compiled.ts';
import { givenBy } from '../../input/given.ts';
import { type Parcel, parcelOf } from '../../input/parcel.ts';
import type { LintPiece, Piece, VerifyPiece } from '../../pieces/piece.ts';
import { digestOf, type PatchName } from './identity.ts';
import { mostFiles, mostOfFiles, mostOfPiece } from './sizes.ts';

/** Bytes by their digest. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/** A parcel with digests in the place of its bytes. */
export type SentParcel = Omit<Parcel, 'files' | 'brought'> & {
  readonly files: readonly (readonly [name: string, digest: string | null])[];
  readonly compiled: readonly (readonly [name: string, digest: string])[];
};

/** A piece as others can do it. */
export interface Packed {
  readonly sent: Travelling;
  /** What its files contain. */
  readonly contents: Contents;
  /** The devicetree sources that are looked at, with all that they include. */
  readonly sources: readonly string[];
}

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

/** Pack a piece, or say why it stays. */
export function packed(piece: Piece, patch: PatchName | null): Packed | Homebound {
  const given = piece.kind === 'search' ? [] : parcelsOf(piece);
  // What cannot be read is told as it is without a queue.
  if (given === null) return 'here';
  const contents = new Map<string, Uint8Array>();
  const digested = (bytes: Uint8Array): string => {
    const digest = digestOf(bytes);
    contents.set(digest, bytes);
    return digest;
  };
  const sources: string[] = [];
  const parcels = given.map(({ parcel: { named, tree, isOpened, files }, compiled }) => {
    for (const { lines } of compiled.values()) sources.push(...(lines?.texts?.keys() ?? []));
    return {
      named,
      tree,
      isOpened,
      files: [...files].map(
        ([name, bytes]) => [name, bytes === null ? null : digested(bytes)] as const,
      ),
      compiled: [...compiled].map(([name, of]) => [name, digested(compiledBytes(of))] as const),
    };
  });
  const sent = { piece: bare(piece), patch, parcels };
  return isTooLarge(sent, contents) ? 'too large' : { sent, contents, sources };
}

function isTooLarge(sent: Travelling, contents: Contents): boolean {
  const files = sent.parcels.reduce((sum, parcel) => sum + parcel.files.length, 0);
  const size = [...contents.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  return size > mostOfFiles || files > mostFiles || JSON.stringify(sent).length > mostOfPiece;
}

/** What was given, and its sources as they are compiled here. */
interface Prepared {
  readonly parcel: Parcel;
  readonly compiled: ReadonlyMap<string, Compiled>;
}

/** What was given to a piece; null where it is this machine, or cannot be read or compiled. */
function parcelsOf(piece: LintPiece | VerifyPiece): Prepared[] | null {
  const { given } = piece;
  const answers = piece.kind === 'verify' ? piece.answers : null;
  if (given === null || (piece.kind === 'lint' && given === 'live')) return null;
  try {
    return [given, ...(answers === null ? [] : [answers])].map((of) => {
      if (typeof of !== 'string') return prepared(of, () => null);
      const there = givenBy(of);
      return prepared(parcelOf(there, false), there.pathOf);
    });
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** With its source, where there is one: of several nobody here knows which is asked for. */
function prepared(parcel: Parcel, pathOf: (name: string) => string | null): Prepared {
  const sources = [...parcel.files].flatMap(([name, bytes]) => {
    const kind = bytes === null ? null : recognise(name, bytes);
    return kind?.is === 'source' ? [{ name, bytes: kind.bytes }] : [];
  });
  const compiled = (sources.length === 1 ? sources : []).map(
    ({ name, bytes }) => [name, compile(pathOf(name), name, bytes)] as const,
  );
  return { parcel, compiled: new Map(compiled) };
}

function bare(piece: Piece): Piece {
  if (piece.kind === 'search') return { ...piece, request: { ...piece.request, patch: null } };
  const patch = null;
  if (piece.kind === 'lint') return { ...piece, given: '', options: { ...piece.options, patch } };
  return { ...piece, given: '', answers: null, options: { ...piece.options, patch } };
}

/** The digests of all that it needs. */
export function digestsOf({ parcels }: Pick<Travelling, 'parcels'>): string[] {
  return parcels.flatMap(({ files, compiled }) =>
    [...files, ...compiled].flatMap(([, digest]) => digest ?? []),
  );
}

/** The piece again, with what was brought with it and the file of the patch that is here. */
export function unpacked(
  { piece, parcels }: Pick<Travelling, 'piece' | 'parcels'>,
  contents: Contents,
  patch: string | null,
): Piece {
  const [given = null, answers = null] = parcels.map((parcel) => ({
    ...parcel,
    brought: new Map(
      parcel.compiled.map(([name, digest]) => [name, contents.get(digest) ?? new Uint8Array()]),
    ),
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
