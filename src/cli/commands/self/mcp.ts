import { realpathSync } from 'node:fs';
import { Writable } from 'node:stream';
import { treeAt } from '../../linux/tree.ts';
import { bounds } from '../../mcp/asked.ts';
import { messagesOf } from '../../mcp/lines.ts';
import { loadSdk } from '../../mcp/sdk.ts';
import { serve } from '../../mcp/server.ts';
import { isMadeUp } from '../../system/confined.ts';
import { kindOf, nothingThere, unreadable } from '../../system/io.ts';
import type { Command } from '../command.ts';

/** The most seconds that a request may ask for, when the operator does not say. */
const mostSeconds = 300;

export const mcp: Command = {
  async run({ operands, tree, maxSeconds }, console, interruption) {
    const allowed = {
      folders: operands.map(folderAt),
      linux: tree.linux === null ? null : folderAt(tree.linux),
      maxSeconds: maxSeconds ?? mostSeconds,
    };
    if (allowed.linux !== null) treeAt(allowed.linux);
    const sdk = await loadSdk();
    const out = onlyForProtocol();
    const input = messagesOf(
      (value) => sdk.JSONRPCMessageSchema.safeParse(value).success,
      (refusal) => out.write(`${JSON.stringify(refusal)}\n`),
    );
    // No message is longer, and several may come at once.
    const options = { maxBufferSize: 4 * bounds.request };
    const transport = new sdk.StdioServerTransport(process.stdin.pipe(input), out, options);
    try {
      const serving = await serve(transport, allowed, sdk);
      console.note(told(allowed.folders, allowed.linux));
      await new Promise<void>((resolve) => {
        for (const over of ['end', 'error']) process.stdin.once(over, () => resolve());
        for (const signal of ['SIGTERM', 'SIGHUP']) process.once(signal, () => resolve());
        interruption.onRequest = resolve;
      });
      await serving.close();
    } finally {
      process.stdin.destroy();
    }
    return 0;
  },
};

/** A folder that somebody may ask about, without links in it. */
function folderAt(path: string): string {
  const kind = kindOf(path);
  if (kind === 'nothing') throw nothingThere(path);
  if (kind !== 'directory') throw unreadable(path, 'it is no directory');
  const real = realpathSync(path);
  if (isMadeUp(real)) throw unreadable(path, 'what the kernel makes up is not for others');
  return real;
}

/**
 * Standard output, for the protocol alone: whatever else is written there, by whomever, goes to standard error.
 */
function onlyForProtocol(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      write(chunk, () => done());
    },
  });
}

function told(folders: readonly string[], linux: string | null): string {
  const read = folders.length === 0 ? 'no directory' : folders.join(', ');
  const judged = linux === null ? '' : `; patches are judged on ${linux}`;
  return `answers on standard input and output, and reads ${read}${judged}`;
}
