#!/usr/bin/env node
import { createRequire } from 'node:module';
import { UsageError } from '../util/index.ts';
import type { Command } from './command.ts';
import { capture } from './commands/capture.ts';
import { check } from './commands/check.ts';
import { compare } from './commands/compare.ts';
import { explain } from './commands/explain.ts';
import { explore } from './commands/explore.ts';
import { inspect } from './commands/inspect.ts';
import { list } from './commands/list.ts';
import { replay } from './commands/replay.ts';
import { verify } from './commands/verify.ts';
import { makeConsole } from './console.ts';
import { hasCode } from './io.ts';
import { messageOf } from './message.ts';
import { type Options, readOptions } from './options.ts';
import type { Interruption } from './search.ts';

const commands: readonly Command[] = [
  check,
  inspect,
  explain,
  explore,
  compare,
  replay,
  verify,
  capture,
  list,
];

const help = `usage: fwspec <command> [options]

${commands.map(({ name, operands, about }) => `  ${`${name} ${operands}`.padEnd(38)}${about}`).join('\n')}

<machine>  a .dtb; a .dts (needs dtc); an ACPI table, raw or as text of acpidump, hexdump, xxd,
           od or base64; a directory with machine.dtb or acpi/, and perhaps pci/ or lspci.txt
           (of lspci -xxxx); live for this Linux machine; - for standard input
<capture>  a machine's directory with the kernel's answers in it: expected.json

options
  --kernel ID            the kernel (fwspec list kernels); v6.7-rc1 for check and explore,
                         the newest for inspect and explain, the captured one for verify, its own
                         for live
  --patch FILE           the kernel with a patch of your own (docs/guide/write-a-patch.md)
  --kconfig NAME=y|n     a kernel option, CONFIG_ may be left out
  --cmdline TEXT         the kernel command line: iommu.passthrough=, iommu.strict=, pci=;
                         else that of a capture, or /chosen/bootargs
  --machine M --device D explore the shape of this device
  --driver NAME          explore behind this IOMMU driver (fwspec list drivers)
  --kernels A,B          compare these kernels, --scenarios A,B these scenarios, --drivers A,B each
                         behind these drivers (--drivers alone: one driver of each kind)
  --bisect               compare says which patch of the series brings a bug, which removes it
  --max-executions N     stop a search after so many executions: the verdict is incomplete
  --max-seconds N        stop a search after so many seconds: the verdict is incomplete
  --checkpoint FILE      write how far explore is to FILE, and go on from it when it is there
  --print-script         print the shell script that capture runs, for a machine without Node.js
  --histogram            count classes of executions by the fewest preemptions they need
  --cross-check          have a second engine, of another kind, look at the same program
  --random uniform|pct   look at random executions instead of all; --seed N
  --jobs N               how many threads search; as many as there are cores
  --ignore KIND          leave out a kind of bug, data-race for example
  --full                 every step of a witness, --all a witness for every bug
  --json                 one document on standard output
  --format FORMAT        the worst bug, or the one of a token, as text, html, perfetto (for
                         ui.perfetto.dev) or mermaid (for a mail or an issue); a comparison as
                         text, markdown or json
  --color WHEN           auto, always or never
  -q, --quiet            no progress, and no remarks about live
  -h, --help             this text; --version

exit code  0 nothing wrong and every search complete; 1 a bug, an error-level finding or a
           disagreement; 2 bad usage or unreadable input; 3 nothing wrong found, but a search was
           cut short
`;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options.version) {
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
    process.stdout.write(`fwspec ${version}\n`);
    return 0;
  }
  if (options.help || options.command === 'help') {
    process.stdout.write(help);
    return 0;
  }
  return await commandOf(options).run(options, makeConsole(options), watchInterruption());
}

function commandOf({ command }: Options): Command {
  const found = commands.find(({ name }) => name === command);
  if (found !== undefined) return found;
  const known = `commands: ${commands.map(({ name }) => name).join(', ')}`;
  if (command === '')
    throw new UsageError('cli/no-command', 'no command', `${known}; fwspec --help explains them`);
  throw new UsageError('cli/unknown-command', `unknown command "${command}"`, known);
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
  if (!hasCode(error, 'EPIPE')) throw error;
  process.emit('SIGINT');
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = messageOf(error);
  process.stderr.write(
    `fwspec: ${message ?? `internal error, please report it: ${error instanceof Error ? error.message : String(error)}`}\n`,
  );
  process.exitCode = 2;
}
