import { expect, it } from 'vitest';
import {
  Cell,
  Mutex,
  mutex_lock,
  mutex_unlock,
  Play,
  type Program,
  READ_ONCE,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { executionText } from '../../../src/report/index.ts';

/** B forgets to look whether there is anything. */
const program: Program = {
  name: 'example',
  setup(world) {
    const lock = new Mutex(world, 'lock');
    const ready = new Cell(world, 'ready', false);
    return {
      tasks: [
        {
          name: 'A  writer',
          *body() {
            yield* mutex_lock(lock);
            yield* WRITE_ONCE(ready, true);
            yield* mutex_unlock(lock);
          },
        },
        {
          name: 'B  reader',
          *body() {
            yield* mutex_lock(lock);
            const found = yield* READ_ONCE(ready);
            yield* mutex_unlock(lock);
            if (!found) throw new Error('not ready');
          },
        },
      ],
    };
  },
};

it.each<[string, (play: Play) => void, string[]]>([
  [
    'that has not begun',
    () => {},
    ['nothing has happened yet', 'not over: A can go on, B can go on'],
  ],
  [
    'in which somebody waits',
    (play) => play.choose(0),
    ['not over: A can go on, B waits for lock'],
  ],
  [
    'that passes',
    (play) => {
      play.choose(0, 'end');
      play.choose(1, 'end');
    },
    ['nothing goes wrong'],
  ],
  ['that fails', (play) => play.choose(1, 'end'), ['property: B  reader throws Error: not ready']],
])('an execution %s says how it stands', (_name, moves, expected) => {
  const play = new Play(program);
  moves(play);
  const text = executionText(play.position(), 'f1/x');
  for (const line of expected)
    expect(text.map((one) => one.replaceAll(/ {2,}/g, '  '))).toContain(line);
  expect(text.at(-1)).toBe('replay: fwspec replay f1/x');
});
