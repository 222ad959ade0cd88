// Whether what comes out of a queue is a piece. Whoever can put one in could put anything in.

import * as v from 'valibot';
import { bugKinds } from '../../../explore/index.ts';
import type { Piece } from '../../pieces/piece.ts';
import { mostFiles } from './sizes.ts';
import type { SentParcel, Travelling } from './travelling.ts';

const text = v.pipe(v.string(), v.maxLength(65_536));
const nullable = <T extends v.GenericSchema>(schema: T): v.NullableSchema<T, undefined> =>
  v.nullable(schema);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const small = v.pipe(count, v.maxValue(1000));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const patch = v.null();

/** A configuration of a kernel; what it does not know is not looked at. */
const config = v.record(
  text,
  v.nullable(v.union([v.boolean(), text, v.pipe(v.number(), v.finite())])),
);

const shape = v.strictObject({
  bus: text,
  name: text,
  iommus: v.pipe(
    v.array(v.strictObject({ name: text, compatible: text, cells: small })),
    v.maxLength(1000),
  ),
  firmware: v.optional(text),
  specifiers: v.pipe(
    v.array(v.strictObject({ iommu: small, args: v.pipe(v.array(count), v.maxLength(64)) })),
    v.maxLength(1000),
  ),
  functions: v.optional(small),
  bridge: v.optional(text),
  binding: v.optional(text),
});

const request = v.strictObject({
  scenario: text,
  shape,
  kernel: text,
  patch,
  config,
  maxExecutions: nullable(count),
  maxSeconds: nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
  ignore: v.array(v.picklist(bugKinds)),
  histogram: v.boolean(),
  crossCheck: v.boolean(),
  random: nullable(v.strictObject({ mode: v.picklist(['uniform', 'pct']), seed: count })),
  // A worker writes no files for others.
  checkpoint: v.null(),
  cover: v.boolean(),
  explain: v.picklist(['none', 'worst', 'kinds', 'all']),
  causes: v.boolean(),
});

const asked = v.strictObject({ kconfig: config, cmdline: nullable(text) });

const piece = v.variant('kind', [
  v.strictObject({ kind: v.literal('search'), request }),
  v.strictObject({
    kind: v.literal('lint'),
    given: v.literal(''),
    isWalked: v.boolean(),
    options: v.strictObject({
      kernel: nullable(text),
      patch,
      asked,
      assume: nullable(v.picklist(['intel', 'amd', 'arm'])),
    }),
  }),
  v.strictObject({
    kind: v.literal('verify'),
    path: text,
    given: v.literal(''),
    answers: v.null(),
    options: v.strictObject({
      kernel: nullable(text),
      patch,
      asked,
      maxExecutions: nullable(count),
    }),
  }),
]);

const named = v.variant('by', [
  v.strictObject({ by: v.literal('nothing') }),
  v.strictObject({ by: v.literal('directory'), path: text }),
  v.strictObject({ by: v.literal('file'), path: text, own: text }),
  v.strictObject({ by: v.literal('archive'), path: text, archive: text, folder: text }),
]);

const parcel = v.strictObject({
  named,
  tree: nullable(small),
  isOpened: v.boolean(),
  files: v.pipe(v.array(v.tuple([text, nullable(digest)])), v.maxLength(mostFiles)),
  compiled: v.pipe(v.array(v.tuple([text, digest])), v.maxLength(1)),
});

const travelling = v.strictObject({
  piece,
  patch: nullable(v.strictObject({ file: text, digest })),
  parcels: v.array(parcel),
});

/** What came out of a queue; null where it is no piece. */
export function asTravelling(value: unknown): Travelling | null {
  if (!v.is(travelling, value)) return null;
  const of = value as { readonly piece: Piece; readonly parcels: readonly SentParcel[] };
  const least = of.piece.kind === 'search' ? 0 : 1;
  const most = of.piece.kind === 'verify' ? 2 : least;
  const fits = of.parcels.length >= least && of.parcels.length <= most;
  return fits ? (value as Travelling) : null;
}
