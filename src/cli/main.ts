#!/usr/bin/env node
import { UsageError } from '../util/index.ts';
import { commands } from './arguments/commands.ts';
import { readLine } from './arguments/line.ts';
import { load } from './commands/index.ts';
import type { Interruption } from './search/request.ts';
import { tuneEngine } from './system/engine.ts';
import { hasCode, reason } from './system/io.ts';
import { version } from './system/version.ts';

/** Commands that search. */
const searching: readonly string[] = [
  'check',
  'compare',
  'explore',
  'judge',
  'lint',
  'replay',
  'verify',
  'worker',
];

// The model is large: what needs none of it loads none of it.
async function main(argv: readonly string[]): Promise<number> {
  const line = readLine(argv);
  if (line.values.has('version')) {
    process.stdout.write(`fwspec ${version()}\n`);
    return 0;
  }
  if (line.values.has('help') || line.command?.name === 'help') {
    const { help } = await import('./commands/self/help.ts');
    process.stdout.write(help(line));
    return 0;
  }
  if (line.command === null) {
    const known = `commands: ${commands.map(({ name }) => name).join(', ')}`;
    throw new UsageError('cli/no-command', 'no command', `${known}; fwspec help explains them`);
  }
  const { name } = line.command;
  // A password may be in its URL, and every user of the machine sees the command lines of all.
  if (line.values.has('queue')) process.title = `fwspec ${name}`;
  tuneEngine(searching.includes(name));
  // With a patch, a thread of its own loads the command.
  const [command, { checkLine }, { makeConsole }] = await Promise.all([
    line.values.has('patch') && name !== 'worker' ? null : load[name](),
    import('./arguments/checked.ts'),
    import('./output/console.ts'),
  ]);
  const options = checkLine(line);
  const console = makeConsole(options);
  for (const remark of options.remarks) console.note(remark);
  const interruption = watchInterruption();
  if (command !== null) return await command.run(options, console, interruption);
  const { runApart } = await import('./apart/run-apart.ts');
  const { maxSeconds, patch } = options;
  const bounds = { maxSeconds, patch: patch ?? '' };
  return await runApart({ argv, command: name }, bounds, console, interruption);
}

/** Ctrl-C ends searches with what was found so far; a second one ends the program. */
function watchInterruption(): Interruption {
  const interruption: Interruption = { requested: false };
  process.once('SIGINT', () => {
    interruption.requested = true;
    interruption.onRequest?.();
  });
  return interruption;
}

// A reader that has seen enough, such as head, is no error. Searches end as by Ctrl-C, and the exit
// code still says what was found.
process.stdout.on('error', (error: unknown) => {
  if (hasCode(error, 'EPIPE')) {
    process.emit('SIGINT');
    return;
  }
  // What was to be said is lost: nobody must take what has arrived for all of it.
  process.stderr.write(`fwspec: cannot write to standard output: ${reason(error)}\n`);
  process.exit(2);
});
// There is nobody to tell that nobody can be told anything.
process.stderr.on('error', () => {});
// A file that would get larger than it may is an error like a full disk, not the end.
process.on('SIGXFSZ', () => {});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { failureOf, saidText } = await import('./output/message.ts');
  process.stderr.write(saidText(failureOf(error), process.env, process.stderr));
  process.exitCode = 2;
}
