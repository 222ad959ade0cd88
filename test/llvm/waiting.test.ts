import { expect, test } from 'vitest';
import { Waiting } from '../../src/llvm/c/posix/waiting.ts';

const who = (waiting: Waiting): number[] =>
  waiting.tickets.filter((ticket) => waiting.mayGo(ticket));

test.each<[what: string, waiting: Waiting, mayGo: number[]]>([
  ['nobody goes without a signal', new Waiting().come().come(), []],
  ['a signal is for those who had come', new Waiting().come().signal().come(), [0]],
  ['one signal is for any of them', new Waiting().come().come().signal(), [0, 1]],
  ['whoever takes it leaves none', new Waiting().come().come().signal().go(1), []],
  ['two signals are for two', new Waiting().come().come().signal().signal().go(0), [1]],
  ['a signal to nobody is lost', new Waiting().signal().come(), []],
  ['no more signals are kept than wait', new Waiting().come().signal().signal().go(0).come(), []],
  ['a broadcast is for all who had come', new Waiting().come().come().broadcast().come(), [0, 1]],
])('%s', (_what, waiting, mayGo) => {
  expect(who(waiting)).toEqual(mayGo);
});

test('signals that nobody can take are not kept', () => {
  expect(new Waiting().signal().come().signal().signal().text).toBe('1 waiting, 1 signalled');
});
