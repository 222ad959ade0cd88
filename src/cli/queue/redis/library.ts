import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../../util/index.ts';
import { hasCode } from '../../system/io.ts';
import { inPackage } from '../../system/package.ts';

/** What a queue needs of other packages. They are installed by who uses one. */
export interface Libraries {
  readonly bullmq: typeof import('bullmq');
  readonly Redis: typeof import('ioredis').Redis;
  readonly AbstractConnector: typeof import('ioredis').AbstractConnector;
}

/**
 * Load them: those beside fwspec, else those where the program was called, which may be a link to it. No
 * folder that somebody happens to work in is asked.
 *
 * @throws UsageError when they are not installed
 */
export function libraries(): Libraries {
  // It makes ioredis tell all that it sends, the password too.
  delete process.env.DEBUG;
  const { Redis, AbstractConnector } = load('ioredis') as typeof import('ioredis');
  return { bullmq: load('bullmq') as typeof import('bullmq'), Redis, AbstractConnector };
}

function load(name: string): unknown {
  const called = process.argv[1];
  const places = [inPackage('package.json'), ...(called ? [pathToFileURL(called)] : [])];
  for (const place of places) {
    const require = createRequire(place);
    try {
      require.resolve(name);
    } catch (error) {
      if (hasCode(error, 'MODULE_NOT_FOUND')) continue;
      throw error;
    }
    return require(name);
  }
  throw new UsageError(
    'cli/no-queue',
    `--queue needs ${name}, which is not installed beside fwspec`,
    'npm install bullmq@6 ioredis',
  );
}
