// Tables that code loads, and events (ACPI 6.5, 19.6.80 and 19.6.150).

import type { Term } from '../grammar/term.ts';
import { AmlBuffer, Failure, textOf, Unknown, type Value } from '../tree/value.ts';
import { ones } from './operators.ts';
import { Named } from './places.ts';
import { held } from './references.ts';
import type { Handler, Run } from './run.ts';

const unseenTable = 'a table that code loads from memory';

function load(run: Run, term: Term): Value {
  const result = loadFrom(run, term);
  const place = run.place(term.term(1));
  if (place !== null) run.store(place, result, false);
  return result;
}

function loadFrom(run: Run, term: Term): Value {
  const value = held(run, term);
  if (value instanceof AmlBuffer && value.unknown === null) {
    return run.machine.around.loadBytes(value.bytes, run.context.scope)
      ? ones(run.machine.width)
      : 0n;
  }
  run.machine.gap(run.context.code, term.offset, `${unseenTable} is not read`);
  run.machine.changes++;
  run.machine.unseen ??= new Unknown(unseenTable);
  return run.machine.unseen;
}

function loadTable(run: Run, term: Term): Value {
  const [signature, oem, table] = [0, 1, 2].map((index) =>
    textOf(run.operand(term.term(index)), run.machine.width),
  );
  if (typeof signature !== 'string' || typeof oem !== 'string' || typeof table !== 'string') {
    run.machine.changes++;
    run.machine.unseen ??= new Unknown(unseenTable);
    return run.machine.unseen;
  }
  return run.machine.around.loadTable(signature, oem, table) ? ones(run.machine.width) : 0n;
}

function wait(run: Run, term: Term): Value {
  run.operand(term.term(1));
  const place = run.place(term.term(0));
  const event = place instanceof Named ? place.node.content : null;
  if (event?.kind !== 'event') throw new Failure('no event');
  run.machine.changes++;
  if (event.signals === 0) return ones(run.machine.width);
  event.signals--;
  return 0n;
}

function signal(of: (signals: number) => number): Handler {
  return (run, term) => {
    const place = run.place(term.term(0));
    const event = place instanceof Named ? place.node.content : null;
    if (event?.kind !== 'event') throw new Failure('no event');
    run.machine.changes++;
    event.signals = of(event.signals);
    return undefined;
  };
}

export const system: readonly (readonly [string, Handler])[] = [
  ['Load', load],
  ['LoadTable', loadTable],
  ['Wait', wait],
  ['Signal', signal((signals) => signals + 1)],
  ['Reset', signal(() => 0)],
];
