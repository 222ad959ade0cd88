import { FormatError } from '../../util/index.ts';

const mostNested = 500;

/** Up to where lines were counted last, and of which text. */
let counted = { text: '', at: 0, line: 1 };

/** A place in the text of a module, and what stands there. */
export class Cursor {
  readonly text: string;
  readonly end: number;
  at: number;
  #depth = 0;

  constructor(text: string, at: number = 0, end: number = text.length) {
    this.text = text;
    this.at = at;
    this.end = end;
  }

  /** Go past blanks, line breaks and comments. */
  skip(): void {
    const { text, end } = this;
    while (this.at < end) {
      const code = text.charCodeAt(this.at);
      if (code === 0x3b) this.skipLine();
      else if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      else this.at++;
    }
  }

  /** To the beginning of the next line. */
  skipLine(): void {
    const next = this.text.indexOf('\n', this.at);
    this.at = next < 0 || next >= this.end ? this.end : next + 1;
  }

  get isAtEnd(): boolean {
    this.skip();
    return this.at >= this.end;
  }

  /** The next character, not taken; empty at the end. */
  peek(): string {
    this.skip();
    return this.at < this.end ? (this.text[this.at] as string) : '';
  }

  /** Take these characters if they are next. */
  take(characters: string): boolean {
    this.skip();
    if (!this.text.startsWith(characters, this.at) || this.at >= this.end) return false;
    this.at += characters.length;
    return true;
  }

  expect(characters: string): void {
    if (!this.take(characters)) this.fail(`"${characters}"`);
  }

  /** The word that is next, not taken; empty where there is none. */
  peekWord(): string {
    this.skip();
    return this.text.slice(this.at, this.#endOfWord());
  }

  takeWord(): string {
    this.skip();
    const to = this.#endOfWord();
    if (to === this.at) this.fail('a word');
    const word = this.text.slice(this.at, to);
    this.at = to;
    return word;
  }

  /** Take this word, as a whole, if it is next. */
  takeIf(word: string): boolean {
    if (this.peekWord() !== word) return false;
    this.at += word.length;
    return true;
  }

  #endOfWord(): number {
    let to = this.at;
    while (to < this.end && isInWord(this.text.charCodeAt(to))) to++;
    return to;
  }

  /** A whole number, without a sign. */
  takeCount(): number {
    const word = this.peekWord();
    if (!/^\d+$/.test(word)) this.fail('a number');
    this.at += word.length;
    return Number(word);
  }

  /** What follows `%` or `@` or `$`: a name, a number, or a name in quotes. */
  takeName(): string {
    return this.text[this.at] === '"' ? decode(this.takeQuoted()) : this.takeWord();
  }

  /** What stands between quotes, escapes as they are. */
  takeQuoted(): string {
    this.skip();
    if (this.text[this.at] !== '"') this.fail('a quoted string');
    const to = this.text.indexOf('"', this.at + 1);
    if (to < 0 || to >= this.end) this.fail('the end of a quoted string');
    const quoted = this.text.slice(this.at + 1, to);
    this.at = to + 1;
    return quoted;
  }

  /** Go past brackets and all that is in them. */
  skipBrackets(): void {
    let depth = 0;
    do {
      const character = this.peek();
      if (character === '') this.fail('a closing bracket');
      if (character === '"') {
        this.takeQuoted();
        continue;
      }
      if ('([{<'.includes(character)) depth++;
      else if (')]}>'.includes(character)) depth--;
      this.at++;
    } while (depth > 0);
  }

  /** Read something that may hold more of its kind, as deep as people and compilers go. */
  within<T>(read: () => T): T {
    if (++this.#depth > mostNested) this.fail(`at most ${mostNested} brackets within one another`);
    const result = read();
    this.#depth--;
    return result;
  }

  /** The number of the line, from 1. */
  get line(): number {
    const { text, at } = this;
    // Whoever asks for one line asks for later ones next, and there may be many.
    if (counted.text !== text || counted.at > at) counted = { text, at: 0, line: 1 };
    let { line } = counted;
    for (let i = text.indexOf('\n', counted.at); i >= 0 && i < at; i = text.indexOf('\n', i + 1))
      line++;
    counted = { text, at, line };
    return line;
  }

  fail(expected: string): never {
    this.skip();
    const rest = this.text.slice(this.at, Math.min(this.at + 40, this.end)).split('\n')[0] ?? '';
    throw new FormatError({
      code: 'llvm/syntax',
      offset: null,
      field: `line ${this.line}`,
      expected,
      found: rest === '' ? 'the end' : JSON.stringify(rest),
    });
  }
}

/** Letters, digits and `-` `$` `.` `_`. */
function isInWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x24 ||
    code === 0x2e ||
    code === 0x5f
  );
}

/** The characters of a quoted string: `\5C` is one by its number. */
export function decode(quoted: string): string {
  return quoted.replace(/\\(?:\\|([0-9a-fA-F]{2}))/g, (_all, hex: string | undefined) =>
    hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The bytes of a quoted string, in which LLVM writes all but printable ASCII by number. */
export function bytesOf(quoted: string): Uint8Array {
  return Uint8Array.from(decode(quoted), (character) => character.charCodeAt(0));
}
