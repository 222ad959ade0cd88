// The list of fields of a region (ACPI 6.5, 20.2.5.2, "FieldList").

import { AmlReader, type Span } from './reader.ts';

/** Bits with a name, counted from the start of the region. */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const RESERVED = 0;
const ACCESS = 1;
const CONNECTION = 2;
const EXTENDED_ACCESS = 3;
const BUFFER = 0x11;

/** Throws {@link Malformed}. */
export function fieldList(bytes: Uint8Array, span: Span): Field[] {
  const reader = new AmlReader(bytes, span);
  const fields: Field[] = [];
  let offset = 0;
  while (!reader.done) {
    switch (reader.peek()) {
      case RESERVED:
        reader.u8();
        offset += reader.length();
        break;
      case ACCESS:
        reader.number(3);
        break;
      case EXTENDED_ACCESS:
        reader.number(4);
        break;
      case CONNECTION:
        reader.u8();
        skipConnection(reader);
        break;
      default: {
        const name = reader.segment();
        const length = reader.length();
        fields.push({ name, offset, length });
        offset += length;
      }
    }
  }
  return fields;
}

/** A name, or a buffer with a resource. */
function skipConnection(reader: AmlReader): void {
  if (reader.peek() !== BUFFER) {
    reader.name();
    return;
  }
  reader.u8();
  reader.offset = reader.packageEnd();
}
