import { Transform } from 'node:stream';
import { bounds } from './asked.ts';

/** What is answered to a line that is no request, as JSON-RPC has it. */
export interface Refusal {
  readonly jsonrpc: '2.0';
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string };
}

/** What a line is, for the protocol: null where it is not understood. */
export type Known = (value: unknown) => boolean;

/**
 * Passes on lines that are messages, and refuses others: too long, no JSON, or no message. None of them ends
 * anything.
 */
export function messagesOf(isMessage: Known, refuse: (refusal: Refusal) => void): Transform {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    // What is too long already is not kept.
    if (size <= bounds.request) parts.push(part);
    else parts = [];
  };
  const line = (): Buffer | null => {
    const isLong = size > bounds.request;
    const whole = Buffer.concat(parts);
    parts = [];
    size = 0;
    if (isLong) refuse(refusal(null, -32600, `a message has at most ${bounds.request} bytes`));
    return isLong || whole.toString('latin1').trim() === '' ? null : whole;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        take(chunk.subarray(from, end));
        from = end + 1;
        const whole = line();
        const wrong = whole === null ? null : refusalOf(whole, isMessage);
        if (wrong !== null) refuse(wrong);
        else if (whole !== null) this.push(Buffer.concat([whole, Buffer.from('\n')]));
      }
      take(chunk.subarray(from));
      done();
    },
  });
}

function refusalOf(line: Buffer, isMessage: Known): Refusal | null {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return refusal(null, -32700, 'this line is no JSON');
  }
  try {
    if (isMessage(value)) return null;
  } catch {
    // It is too deep to be looked at.
  }
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  const known = typeof id === 'string' || typeof id === 'number' ? id : null;
  return refusal(known, -32600, 'this is no message of JSON-RPC 2.0');
}

function refusal(id: Refusal['id'], code: number, message: string): Refusal {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
