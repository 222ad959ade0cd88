// The cutter of command lines against lib/cmdline.c and kernel/params.c, read literally.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Argument, argumentsOf, bytesOf } from '../../../src/linux/next-arg.ts';

/** Slow, and as C does it: one array of bytes, pointers into it, and zeros where a string ends. */
function literally(text: string): Argument[] {
  const memory = [...bytesIn(text), 0, 0, 0];
  const isspace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13) || byte === 160;
  const string = (at: number): string => {
    let found = '';
    for (let i = at; memory[i] !== 0; i++) found += String.fromCharCode(memory[i] ?? 0);
    return found;
  };
  const skip = (at: number): number => (isspace(memory[at] ?? 0) ? skip(at + 1) : at);
  const found: Argument[] = [];
  for (let args = skip(0); memory[args] !== 0; ) {
    let equals = 0;
    let inQuote = false;
    let quoted = false;
    if (memory[args] === 34) {
      args++;
      inQuote = true;
      quoted = true;
    }
    let i = 0;
    for (; memory[args + i] !== 0; i++) {
      const byte = memory[args + i] ?? 0;
      if (isspace(byte) && !inQuote) break;
      if (equals === 0 && byte === 61) equals = i;
      if (byte === 34) inQuote = !inQuote;
    }
    const next = memory[args + i] === 0 ? args + i : args + i + 1;
    const param = args;
    let val: number | null = null;
    if (equals !== 0) {
      memory[args + equals] = 0;
      val = args + equals + 1;
      if (memory[val] === 34) {
        val++;
        if (memory[args + i - 1] === 34) memory[args + i - 1] = 0;
      }
    }
    if (quoted && i > 0 && memory[args + i - 1] === 34) memory[args + i - 1] = 0;
    memory[args + i] = 0;
    args = skip(next);
    const argument = { param: string(param), val: val === null ? null : string(val) };
    if (argument.val === null && argument.param === '--') break;
    found.push(argument);
  }
  return found;
}

function bytesIn(text: string): number[] {
  return [...text].map((byte) => byte.charCodeAt(0));
}

test('any line is cut as Linux cuts it', () => {
  const few = fc.constantFrom('"', '=', ' ', 'a', '-');
  const many = fc.constantFrom(...'"=- \t\n\v\'\\,.\u00a0\u0085\u0001'.split(''));
  const byte = fc.oneof({ weight: 4, arbitrary: few }, { weight: 1, arbitrary: many });
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 24 }), (bytes) => {
      const text = bytes.join('');
      expect(argumentsOf(text)).toEqual(literally(text));
    }),
    { numRuns: 3000 },
  );
});

test.each<[line: string, expected: [string, string | null][]]>([
  ['', []],
  [
    '  a  b=c ',
    [
      ['a', null],
      ['b', 'c'],
    ],
  ],
  [
    'a="b c" d',
    [
      ['a', 'b c'],
      ['d', null],
    ],
  ],
  [
    '"a=b c" d',
    [
      ['a', 'b c'],
      ['d', null],
    ],
  ],
  [
    '"a="b c"" d',
    [
      ['a', 'b'],
      ['c""', null],
      ['d', null],
    ],
  ],
  ['"a="b""', [['a', 'b"']]],
  ['a"b c"=d', [['a"b c"', 'd']]],
  ['a=b"c d"', [['a', 'b"c d"']]],
  ['a="b c', [['a', 'b c']]],
  ['=a=b', [['=a', 'b']]],
  ['a=', [['a', '']]],
  ['a -- b', [['a', null]]],
  [
    'a --b -',
    [
      ['a', null],
      ['--b', null],
      ['-', null],
    ],
  ],
])('%j', (line, expected) => {
  const found = argumentsOf(line);
  expect(found.map(({ param, val }) => [param, val])).toEqual(expected);
  expect(found).toEqual(literally(line));
});

test.each([
  ['a', 'a'],
  ['\u00e0', '\u00c3\u00a0'],
  ['%41', '%41'],
  ['\u{1f600}', '\u00f0\u009f\u0098\u0080'],
  ['\ud83d', '\u00ef\u00bf\u00bd'],
])('%j is these bytes of UTF-8', (text, expected) => {
  expect(bytesOf(text)).toBe(expected);
});
