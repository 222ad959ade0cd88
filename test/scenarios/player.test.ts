import { describe, expect, it } from 'vitest';
import {
  Explorer,
  fingerprint,
  observe,
  Play,
  replay,
  StateCursor,
  twinOf,
  why,
} from '../../src/explore/index.ts';
import { programFor, subject } from './races/explored.ts';

const table = [
  { scenario: 'cover-letter', kernel: 'v6.7-rc1', executions: 100 },
  { scenario: 'cover-letter', kernel: 'fwspec-v2/8', executions: 100 },
  { scenario: 'two-iommus', kernel: 'v6.7-rc1', executions: 100 },
  // Here a bug is put down to a write that the twin has no more: there it reads.
  { scenario: 'add-bind', kernel: 'v6.7-rc1', executions: 300 },
  { scenario: 'bind-iort', kernel: 'fwspec-v2', executions: 100 },
  { scenario: 'rebind', kernel: 'v6.7', executions: 100 },
  { scenario: 'hotplug', kernel: 'probe-xlate', executions: 100 },
  { scenario: 'remove-add', kernel: 'v6.7-rc1', executions: 100 },
  { scenario: 'deferred-work', kernel: 'v6.12', executions: 100 },
  { scenario: 'unload', kernel: 'v6.7-rc1', executions: 100 },
  { scenario: 'no-memory', kernel: 'v7.3', executions: 100 },
];

describe.each(table)('$scenario on $kernel', ({ scenario, kernel, executions }) => {
  const program = programFor(subject(scenario, kernel));
  const explorer = new Explorer(program, { maxExecutions: executions, ignore: ['data-race'] });
  explorer.run(executions);
  const bugs = explorer.outcome().bugs.filter(({ steps }) => steps.length > 0);

  it('each bug has a twin that passes and has the deciding two the other way round, or says why not', () => {
    for (const bug of bugs) {
      const twin = twinOf(program, bug);
      if (twin === null) {
        expect(why(program, bug).text).toMatch(/^(?:It happens in|No|Nothing orders) /);
        continue;
      }
      const ids = replay(program, twin.schedule).failures.map(fingerprint);
      expect(ids).not.toContain(bug.id);
      for (const { id } of twin.failures) expect(ids).toContain(id);
      expect(twin.second).not.toBeNull();
      expect(twin.second).toBeLessThan(twin.first ?? Number.POSITIVE_INFINITY);
    }
  });

  it('the state at each step is what the trace says was read and written', () => {
    for (const bug of bugs.slice(0, 3)) {
      const { states, replay: again } = observe(program, bug.schedule);
      expect(again.steps).toEqual(bug.steps);
      const cursor = new StateCursor(states);
      const byName = new Map(
        states.places.flatMap(({ name, kind }, i) =>
          kind === 'field' ? [[name, i] as const] : [],
        ),
      );
      bug.steps.forEach(({ op, target, value }, i) => {
        cursor.go(i + 1);
        const place = byName.get(target);
        if (i === bug.at || place === undefined || (op !== 'read' && op !== 'write')) return;
        const held = cursor.held(place);
        const text =
          typeof held === 'string' ? held : 'holder' in held ? '' : `[${held.join(', ')}]`;
        expect(`${i} ${target} ${text}`).toBe(`${i} ${target} ${value}`);
      });
    }
  });

  it('to play a witness leads to its bug, and to take it back to the start', () => {
    for (const bug of bugs.slice(0, 2)) {
      const play = new Play(program, bug.schedule);
      expect(play.position().failures.map(({ id }) => id)).toContain(bug.id);
      while (play.undo());
      expect(play.position()).toEqual(new Play(program).position());
    }
  });
});

it('the table has bugs to look at, and twins', () => {
  const bug = { scenario: 'cover-letter', kernel: 'v6.7-rc1' };
  const program = programFor(subject(bug.scenario, bug.kernel));
  const explorer = new Explorer(program, { ignore: ['data-race'] });
  explorer.run(1000);
  const { bugs } = explorer.outcome();
  expect(bugs.length).toBeGreaterThan(5);
  for (const one of bugs) expect(twinOf(program, one)).not.toBeNull();
});
