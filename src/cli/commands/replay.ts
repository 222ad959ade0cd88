import {
  abbreviate,
  bugKinds,
  bugOf,
  fingerprint,
  type Replay,
  replay as run,
  why,
} from '../../explore/index.ts';
import { bugDocument, bugJson, bugText } from '../../report/index.ts';
import { decodeToken, programOf, scenarioOf, unexcused } from '../../scenarios/index.ts';
import { escapeText, UsageError } from '../../util/index.ts';
import { designWith } from '../kernel/patch-file.ts';
import { unusual, valueText } from '../search/search.ts';
import type { Command } from './command.ts';

export const replay: Command = {
  async run(options, console) {
    const [token = ''] = options.operands;
    const what = decodeToken(token);
    const scenario = scenarioOf(what.scenario);
    const design = await designWith(what.kernel, options.patch);
    const program = programOf(unexcused(scenario), design, what.config, what.shape);
    const again = run(program, what.schedule);
    const bug = bugOf(again, wantedFailure(again, what.bug));
    if (bug === null) throw gone();
    const reason = why(program, bug);
    if (options.json) {
      const document = {
        version: 1,
        command: 'replay',
        kernel: design.name,
        scenario: what.scenario,
        bug: bugJson(bug, token, reason.text),
      };
      console.json(document);
    } else if (options.format !== 'text') {
      const title = `${scenario.name}, kernel ${design.name}`;
      const { format, full, patch } = options;
      console.line(
        bugDocument(format, bug, { title, token, patch, full, why: reason, value: valueText }),
      );
    } else {
      const shape = unusual(what.shape, scenario);
      const of = shape === null ? '' : `${escapeText(shape)}   `;
      console.line(
        `${console.style('bold', scenario.name)}   kernel ${escapeText(design.name)}   ${of}replay`,
      );
      console.line();
      for (const line of bugText(bug, token, {
        full: options.full,
        patch: options.patch,
        why: reason,
        style: console.style,
        width: console.width,
        value: valueText,
      }))
        console.line(line);
    }
    return 1;
  },
};

function wantedFailure({ failures }: Replay, wanted: string): string {
  const ids = failures
    .toSorted((a, b) => bugKinds.indexOf(a.kind) - bugKinds.indexOf(b.kind))
    .map(fingerprint);
  const id = ids.find((found) => abbreviate(found) === wanted);
  if (id === undefined) throw gone();
  return id;
}

function gone(): UsageError {
  return new UsageError(
    'cli/bug-is-gone',
    'the schedule still fits, but the bug of this token does not happen any more',
    'explore the scenario again',
  );
}
