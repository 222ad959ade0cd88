import { Worker } from 'node:worker_threads';
import { plain } from '../../report/index.ts';
import type { CommandName } from '../arguments/entries.ts';
import { checkPatch, whyOf } from '../kernel/patch-check.ts';
import { givenUp, type Life, newLife, watchOver } from '../kernel/watch.ts';
import type { Console } from '../output/console.ts';
import { saidText } from '../output/message.ts';
import type { Interruption } from '../search/request.ts';
import { inPackage } from '../system/package.ts';

// What the program and the thread that runs its command tell each other.

/** The command line, and how what comes of it is shown. */
export interface CommandData {
  readonly argv: readonly string[];
  readonly command: Exclude<CommandName, 'help'>;
  readonly colors: boolean;
  readonly width: number;
  readonly life: Life;
}

export type FromCommand =
  | { readonly kind: 'line' | 'note' | 'failed'; readonly text: string }
  | { readonly kind: 'progress'; readonly text: string | null }
  | { readonly kind: 'done'; readonly code: number };

/**
 * Run a command that runs somebody else's patch, in a thread of its own. A function of the patch may go
 * on for ever: Ctrl-C and the time that the command has still count here.
 *
 * @returns the exit code
 */
export async function runApart(
  asked: Pick<CommandData, 'argv' | 'command'>,
  { maxSeconds, patch }: { readonly maxSeconds: number | null; readonly patch: string },
  console: Console,
  interruption: Interruption,
): Promise<number> {
  await checkPatch(patch);
  const life = newLife();
  const colors = console.style !== plain;
  const workerData: CommandData = { ...asked, colors, width: console.width, life };
  const thread = new Worker(inPackage('dist/cli/command-thread.js'), { workerData });
  interruption.onRequest = () => thread.postMessage('stop');
  let endWatch: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const isAsked = (): boolean => interruption.requested;
      endWatch = watchOver(life, { patch, maxSeconds }, isAsked, reject);
      thread.on('message', (message: FromCommand) => {
        if (message.kind === 'done') resolve(message.code);
        else if (message.kind === 'progress') console.progress(message.text);
        else if (message.kind === 'line') console.line(message.text);
        else if (message.kind === 'note') console.note(message.text);
        else {
          console.progress(null);
          process.stderr.write(saidText(message.text, process.env, process.stderr));
          resolve(2);
        }
      });
      thread.on('error', (error) => reject(givenUp(patch, `throws on its own: ${whyOf(error)}`)));
      thread.on('exit', () => reject(givenUp(patch, 'ends the program')));
    });
  } finally {
    endWatch?.();
    console.progress(null);
    await thread.terminate();
  }
}
