import { addTo, choose, look, type Task, type World } from '../../../explore/index.ts';
import type { Thread } from '../../run/thread/thread.ts';

/** Where waits have run out of time, in one execution. */
const ranOutOf = new WeakMap<World, Set<string>>();

function ranOut(world: World): Set<string> {
  let known = ranOutOf.get(world);
  if (known === undefined) {
    known = new Set();
    ranOutOf.set(world, known);
  }
  return known;
}

/**
 * Whether a wait that has a limit runs out of time, which is explored both ways. Once for each thread
 * and each place in the program: whoever tries again and again would have executions without end.
 */
export function* runsOutOfTime({ machine, memory, world }: Thread): Task<boolean> {
  machine.compiled.hasLimits = true;
  const places = ranOut(world);
  const place = `${world.running?.index} ${memory.site?.text ?? ''}`;
  if (look(world, () => places.has(place))) return false;
  memory.makesEvent();
  if ((yield* choose(world, 2, 'does the time run out?')) === 0) return false;
  addTo(world, places, place);
  return true;
}
