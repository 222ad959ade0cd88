// A devicetree's source that was compiled where the files are that it includes, as bytes that can be sent.

import * as v from 'valibot';
import type { Compiled } from '../../input/index.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const line = v.strictObject({ file: v.string(), line: count, column: v.exactOptional(count) });
const by = <T extends v.GenericSchema>(schema: T) => v.array(v.tuple([v.string(), schema]));

const schema = v.strictObject({
  blob: v.pipe(v.string(), v.base64()),
  lines: v.nullable(
    v.strictObject({
      nodes: by(line),
      properties: by(line),
      labels: by(v.string()),
      texts: v.optional(by(v.string())),
    }),
  ),
});

export function compiledBytes({ blob, lines }: Compiled): Uint8Array {
  const { nodes, properties, labels, texts } = lines ?? {};
  const listed = {
    nodes: [...(nodes ?? [])],
    properties: [...(properties ?? [])],
    labels: [...(labels ?? [])],
    ...(texts === undefined ? {} : { texts: [...texts] }),
  };
  const base64 = Buffer.from(blob).toString('base64');
  return Buffer.from(JSON.stringify({ blob: base64, lines: lines === null ? null : listed }));
}

/** Null for bytes that are something else. */
export function compiledIn(bytes: Uint8Array): Compiled | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
  if (!v.is(schema, value)) return null;
  const { blob, lines } = value;
  const { nodes, properties, labels, texts } = lines ?? {};
  return {
    blob: Buffer.from(blob, 'base64'),
    lines:
      lines === null
        ? null
        : {
            nodes: new Map(nodes),
            properties: new Map(properties),
            labels: new Map(labels),
            ...(texts === undefined ? {} : { texts: new Map(texts) }),
          },
  };
}
