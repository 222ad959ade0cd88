import { availableParallelism } from 'node:os';
import { UsageError } from '../../../util/index.ts';
import type { Command } from '../command.ts';

export const worker: Command = {
  async run({ queue, jobs, patch, lock }, console, interruption) {
    if (queue === null)
      throw new UsageError('cli/bad-option', 'worker needs --queue', 'redis://localhost:6379');
    // Who looks after servers ends them so.
    process.once('SIGTERM', () => {
      interruption.requested = true;
      interruption.onRequest?.();
    });
    const { serve } = await import('../../queue/worker.ts');
    const asked = { url: queue, jobs: jobs ?? availableParallelism(), patch, lock_s: lock };
    await serve(asked, console, interruption);
    return 0;
  },
};
