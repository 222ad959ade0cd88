import { availableParallelism } from 'node:os';
import { type KernelOptions, kconfigWords } from '../../../machine/index.ts';
import { exploreJson, exploreText } from '../../../report/index.ts';
import { judgedBy, scenarioOf, valueText } from '../../../scenarios/index.ts';
import { threadKernel } from '../../../series/index.ts';
import { UsageError } from '../../../util/index.ts';
import { requestOf } from '../../search/request.ts';
import { exitCodeOf, search } from '../../search/search.ts';
import type { Command } from '../command.ts';
import { askedFor, shapeFor } from './asked.ts';
import { exploreLinux, ofTheTree } from './explore-linux.ts';
import { showWorst } from './show-worst.ts';

export const explore: Command = {
  async run(options, console, interruption) {
    const { linux } = options.tree;
    if (linux !== null) return await exploreLinux(linux, options, console, interruption);
    const alone = ofTheTree.find((name) => options.given.includes(name));
    if (alone !== undefined)
      throw new UsageError('cli/bad-option', `--${alone} is for a tree of Linux: --linux TREE`);
    const [name = ''] = options.operands;
    const scenario = scenarioOf(name);
    const subject = await askedFor(options, console, threadKernel);
    const { design, config } = subject;
    const asked = { ...options, config };
    const shape = shapeFor(scenario, asked, subject);
    const request = requestOf(scenario, shape, design.name, asked, options.all ? 'all' : 'worst');
    const jobs = options.jobs ?? availableParallelism();
    const found = await search(request, interruption, console.progress, jobs, console.note);
    const exploration = { ...found, asked: wordsOf(options.asked) };
    console.progress(null);
    const knownOf = judgedBy(request);
    const { style, width } = console;
    const { full, patch, format } = options;
    const witnesses = options.all ? 'all' : 'worst';
    const shown = { full, patch, witnesses, knownOf, style, width, value: valueText } as const;
    if (format !== 'text') showWorst(exploration, format, options, console);
    else
      console.answer({
        document: () => exploreJson(exploration, knownOf),
        lines: () => exploreText(exploration, shown),
      });
    return exitCodeOf([exploration]);
  },
};

/** What somebody has asked of the kernel: a verdict is of that, and not of the usual one. */
function wordsOf(asked: KernelOptions): string[] {
  const { cmdline } = asked;
  return [...kconfigWords(asked), ...(cmdline === null ? [] : [`command line "${cmdline}"`])];
}
