// An error of what runs C is none of the C: it ends the search, and nobody takes it for a bug of a kernel.
import { expect, test } from 'vitest';
import {
  Cell,
  explore,
  type Program,
  type Start,
  type Task,
  type World,
  write,
} from '../../src/explore/index.ts';
import {
  Compiled,
  type Environment,
  Linked,
  Machine,
  Module,
  programOf,
  Thread,
} from '../../src/llvm/index.ts';

const text = `
target datalayout = "e-m:e-i64:64-i128:128-n8:16:32:64-S128"
@x = global i32 0, align 4
declare i32 @broken()
define i32 @probe() {
  store atomic i32 1, ptr @x seq_cst, align 4
  %r = call i32 @broken()
  ret i32 %r
}
define i32 @main() {
  ret i32 0
}
`;
const module = new Module(text, 'test.ll');
const linked = new Linked([module], new Set());

/** Two tasks call a function that calls one by hand, which throws what no program can. */
function calling(thrown: Error): Program {
  const environment: Environment = {
    functions: new Map([
      [
        'broken',
        function* () {
          throw thrown;
        },
      ],
    ]),
    remedy: '',
  };
  const compiled = new Compiled(linked);
  return {
    name: 'test',
    interprets: true,
    setup: (world) => {
      const machine = new Machine(world, compiled, environment);
      const probe = linked.find('probe')?.at(0) ?? 0n;
      const body = (): Task<unknown> => new Thread(machine).runAll(probe, []);
      return { tasks: ['CPU0', 'CPU1'].map((name) => ({ name, body })) };
    },
  };
}

test.each([new TypeError('no such value'), new RangeError('no such value')])(
  'of a function by hand, with the instruction that called it: %s',
  (thrown) => {
    expect(() => explore(calling(thrown))).toThrow(
      `fwspec internal bug: ${thrown.name}, no such value: probe(), test.ll:7, "%r = call i32 @broken()"`,
    );
  },
);

test('of a task, too', () => {
  const setup = (world: World): Start => ({
    tasks: [
      {
        name: 'main',
        *body() {
          yield* write(new Cell(world, 'cell', 0), 1);
          throw new Error('too large');
        },
      },
    ],
  });
  const program: Program = { ...programOf('test', [module]), setup };
  expect(() => explore(program)).toThrow('fwspec internal bug: main throws Error: too large');
});
