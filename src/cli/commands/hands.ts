import type { Options } from '../arguments/checked.ts';
import type { Console } from '../output/console.ts';
import type { Hands } from '../pieces/piece.ts';
import type { Interruption } from '../search/request.ts';

/** The workers at a queue, where somebody asks for them; null to do everything here. */
export async function queueHands(
  options: Options,
  console: Console,
  interruption: Interruption,
): Promise<Hands | null> {
  const { queue } = options;
  if (queue === null) return null;
  const { QueueHands } = await import('../queue/client.ts');
  return await QueueHands.open(queue, options, console, interruption);
}
