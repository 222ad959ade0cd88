// Text that is nothing but bytes. The signature tells it from any other text.

import { signaturePattern } from '../table.ts';

/** `xxd -p`, or pairs of digits: nothing but the bytes. */
export function plainHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(text)) return null;
  return signaturePattern.test(String.fromCharCode(...bytesOf(text.slice(0, 8))))
    ? bytesOf(text)
    : null;
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What `base64` prints. */
export function base64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let at = 0;
  for (let index = 0; index < digits.length; index++) {
    bits = ((bits << 6) | base64Digits.indexOf(digits.charAt(index))) & 0xffff;
    // Of every four digits, all but the first complete a byte.
    if (index % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (index % 4));
  }
  return signaturePattern.test(String.fromCharCode(...bytes.subarray(0, 4))) ? bytes : null;
}

/** Pairs of hexadecimal digits. */
export function bytesOf(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = (digitAt(digits, 2 * at) << 4) | digitAt(digits, 2 * at + 1);
  return bytes;
}

function digitAt(digits: string, at: number): number {
  const code = digits.charCodeAt(at);
  return code <= 0x39 ? code & 0x0f : (code & 0x0f) + 9;
}
