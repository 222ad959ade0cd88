// Reading JSON that somebody else wrote: every value is looked at before it is believed.

import { FormatError } from '../../util/index.ts';

/** An object whose values are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a text is; `field` is what to call it in an error. */
export function parseObject(text: string, field: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Engines say where only in words, and not all of them.
    const [, at] = /at position (\d+)/.exec(String(error)) ?? [];
    const place = at === undefined ? '' : ` from character ${at} on`;
    throw wrong(field, 'JSON', text.trim() === '' ? 'nothing' : `something else${place}`);
  }
  return asObject(value, field);
}

export function asObject(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(field, 'an object', kindOf(value));
  return value as JsonObject;
}

/** The object that is called so in another one. */
export function objectIn(object: JsonObject, name: string, field: string): JsonObject {
  return asObject(Object.hasOwn(object, name) ? object[name] : undefined, `${field}.${name}`);
}

export function asList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, 'a list', kindOf(value));
  return value;
}

export function asText(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrong(field, 'text', kindOf(value));
  return value;
}

/** Text, or null when it is not there. */
export function asOptionalText(value: unknown, field: string): string | null {
  return value === undefined || value === null ? null : asText(value, field);
}

/** A number that is written as text. */
export function asNumber(value: unknown, field: string): number {
  const text = asText(value, field);
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) throw wrong(field, 'a number', JSON.stringify(text));
  return Number(text);
}

export function wrong(field: string, expected: string, found: string): FormatError {
  return new FormatError({ code: 'capture/bad-json', offset: null, field, expected, found });
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : typeof value;
}
