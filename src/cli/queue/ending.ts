import { saidText } from '../output/message.ts';
import { type Address, shownAddress, withoutPassword } from './redis/address.ts';
import { safeText } from './travel/result.ts';

/**
 * End the program with one line when a server turns out to be none: what waits for it would wait for ever. An
 * answer that no server gives makes a library throw where nobody can catch it; that is such an end, too.
 *
 * @returns what ends it
 */
export function endOn(address: Address): (error: unknown) => never {
  const giveUp = (error: unknown): never => {
    const [why = ''] = String(error instanceof Error ? error.message : error).split('\n');
    const text = `given up: ${shownAddress(address)}: ${withoutPassword(why, address)}`;
    process.stderr.write(saidText(safeText(text), process.env, process.stderr));
    process.exit(2);
  };
  process.on('uncaughtException', giveUp);
  return giveUp;
}
