import { escapeText } from '../../../util/index.ts';
import { mostOfFiles, sizeText } from '../travel/sizes.ts';

// What a server answers is looked at before anything is kept of it: a library keeps all that comes.

/** How long a line of an answer is, in bytes; how many answers are in one, and how deep. */
const mostOfLine = 65_536;
const mostElements = 1_000_000;
const mostDeep = 32;

/** How long an answer is: the files of a piece, packed, come one by one. */
const mostOfReply = mostOfFiles + 1_048_576;

/** What begins with a length and has as many bytes, and what has as many others in it. */
const blobs = '$!=';
const lists: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 };

/** Follows the answers of a server in version 2 or 3 of its protocol, and tells when they are none. */
export class Replies {
  /** How many have come to their end. */
  complete = 0;
  /** How many bytes there are of the one that has not. */
  size = 0;
  #line = '';
  /** Bytes that are left of a blob, with the end of its line. */
  #blob = 0;
  /** How many are left of each list that has begun. */
  readonly #open: number[] = [];

  /** What is wrong with what has come; null for nothing. */
  take(chunk: Buffer): string | null {
    for (let at = 0; at < chunk.length; ) {
      const from = at;
      if (this.#blob > 0) {
        at += Math.min(this.#blob, chunk.length - at);
        this.#blob -= at - from;
        this.size += at - from;
        if (this.#blob === 0) this.#end();
      } else {
        const end = chunk.indexOf(10, at);
        at = end < 0 ? chunk.length : end + 1;
        this.size += at - from;
        if (this.#line.length + at - from > mostOfLine)
          return this.#isBegun() ?? 'a line without end';
        this.#line += chunk.toString('latin1', from, at);
        const wrong = this.#isBegun() ?? (end < 0 ? null : this.#lineEnds());
        if (wrong !== null) return wrong;
      }
      if (this.size > mostOfReply) return `an answer of more than ${sizeText(mostOfReply)}`;
    }
    return null;
  }

  /** What is wrong with how a line begins. */
  #isBegun(): string | null {
    const isKnown = '+-:_,#('.includes(this.#line.charAt(0)) || this.#hasLength();
    return isKnown ? null : `"${escapeText(this.#line.slice(0, 40).trim())}"`;
  }

  #hasLength(): boolean {
    const type = this.#line.charAt(0);
    return blobs.includes(type) || type in lists;
  }

  #lineEnds(): string | null {
    const line = this.#line;
    const type = line.charAt(0);
    const isLong = this.#hasLength();
    this.#line = '';
    const length = Number(line.slice(1));
    if (isLong && !(Number.isInteger(length) && length >= -1))
      return `"${escapeText(line.trim().slice(0, 40))}"`;
    if (!isLong || length < 0) this.#end();
    else if (blobs.includes(type)) {
      if (this.size + length > mostOfReply) return `an answer of ${length} bytes`;
      this.#blob = length + 2;
    } else {
      const elements = length * (lists[type] ?? 1);
      if (elements > mostElements || this.#open.length >= mostDeep)
        return `${elements} answers in one`;
      // What is told about an answer comes before it, and is none.
      if (elements > 0) this.#open.push(type === '|' ? elements + 1 : elements);
      else if (type !== '|') this.#end();
    }
    return null;
  }

  /** One is at its end, and with it perhaps those that it is in. */
  #end(): void {
    while (this.#open.length > 0) {
      const left = (this.#open.pop() ?? 0) - 1;
      if (left > 0) {
        this.#open.push(left);
        return;
      }
    }
    this.complete++;
    this.size = 0;
  }
}
