import { ModelError } from '../../../explore/index.ts';
import { inspect, rulesFor, shapesOf } from '../../../machine/index.ts';
import {
  type CheckedSearch,
  checkFirmwareText,
  checkFullText,
  checkJson,
  checkKernelText,
  checkSummary,
  inspectText,
  kernelVerdict,
  nextText,
  worstLanes,
} from '../../../report/index.ts';
import { valueText } from '../../../scenarios/index.ts';
import { newestKernel } from '../../../series/index.ts';
import { present } from '../../../util/index.ts';
import { checkExitCode } from '../../check/exit-code.ts';
import { nextCommands } from '../../check/next.ts';
import { judgeOf, nothingToSearch, searchesOf, worthwhileJobs } from '../../check/searches.ts';
import { subjectOf } from '../../input/subject.ts';
import { searchAll } from '../../pieces/search-all.ts';
import { budgetOf } from '../../search/budget.ts';
import type { Command } from '../command.ts';
import { queueHands } from '../hands.ts';

export const check: Command = {
  async run(options, console, interruption) {
    const budget = budgetOf(options.maxSeconds, interruption);
    const [path = ''] = options.operands;
    const subject = await subjectOf(path, newestKernel, options, console);
    const { machine, design, config } = subject;
    const kernel = design.name;
    const inspection = inspect(machine, design, config, subject.options);
    const text = { style: console.style, width: console.width, value: valueText };
    const show = (lines: readonly string[]): void => {
      if (options.json) return;
      console.progress(null);
      for (const line of lines) console.line(line);
    };
    if (options.full) show(inspectText(inspection, kernel, text));
    else {
      const rules = rulesFor(machine.firmware).length;
      show(checkFirmwareText({ machine: path, kernel, inspection, rules }, text));
    }
    // What is known already is to be seen before searches keep everything busy.
    await new Promise((resolve) => setImmediate(resolve));
    const groups = shapesOf(machine, design, config, subject.options);
    const searches = searchesOf(groups, kernel, options, config);
    const made: CheckedSearch[] = [];
    const requests = searches.map(({ request }) => request);
    const jobs = options.jobs ?? worthwhileJobs(searches.length);
    const { progress } = console;
    const workers = await queueHands(options, console, interruption);
    const all = searchAll(requests, jobs, interruption, progress, budget, workers);
    for await (const exploration of all) {
      if (exploration instanceof ModelError) throw exploration;
      const { devices, drivers } = present(searches[made.length], 'a search');
      if (options.full) {
        const shown = { ...text, patch: options.patch };
        show(checkFullText({ exploration, devices, drivers }, made, shown));
      }
      made.push({ exploration, devices, drivers });
    }
    budget?.done();
    const left = searches.slice(made.length);
    const judge = judgeOf(searches, made);
    const verdict = kernelVerdict(made, left, nothingToSearch(groups, searches), judge);
    if (options.json) console.json(checkJson(inspection, kernel, verdict, judge));
    else if (options.full) show(['', ...checkSummary(verdict, text)]);
    else {
      show(checkKernelText(verdict, worstLanes(text), text));
      show(nextText(nextCommands(path, inspection, verdict, kernel, options), console.width));
    }
    return checkExitCode(inspection.findings, verdict, options.failOn);
  },
};
