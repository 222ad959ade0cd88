import { saidText } from '../output/message.ts';
import { type Address, shownAddress, withoutPassword } from './redis/address.ts';
import { safeText } from './travel/result.ts';

/** An answer that no server gives makes a library throw where nobody can catch it: end with one line. */
export function endOn(address: Address): void {
  process.on('uncaughtException', (error: unknown) => {
    const [why = ''] = String(error instanceof Error ? error.message : error).split('\n');
    const text = `given up: ${shownAddress(address)}: ${withoutPassword(why, address)}`;
    process.stderr.write(saidText(safeText(text), process.env, process.stderr));
    process.exit(2);
  });
}
