import {
  abbreviate,
  bugKinds,
  bugOf,
  fingerprint,
  type Program,
  type Replay,
  replay as run,
  type Schedule,
  why,
} from '../../../explore/index.ts';
import { decodeTokenLinux, isTokenLinux } from '../../../linux-c/index.ts';
import { decodeTokenC, isTokenC, programOf as programOfC } from '../../../llvm/index.ts';
import {
  bugDocument,
  bugJson,
  bugText,
  type ReplayNeeds,
  type RowOptions,
} from '../../../report/index.ts';
import { decodeToken, programOf, scenarioOf, unexcused } from '../../../scenarios/index.ts';
import { escapeText, UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { compileC } from '../../input/compile-c.ts';
import { levels } from '../../input/linux-tree.ts';
import { designWith } from '../../kernel/patch-file.ts';
import { sourceLines } from '../../linux/source-lines.ts';
import { type LinuxAsked, linuxProgram } from '../../search/linux.ts';
import { livingOn, unusual, valueText } from '../../search/search.ts';
import type { Command } from '../command.ts';

export const replay: Command = {
  async run(options, console, interruption) {
    const [token = ''] = options.operands;
    const {
      program: found,
      schedule,
      bug: wanted,
      ...of
    } = await programIn(token, options, { note: console.note, interruption });
    const program = livingOn(found, interruption);
    const again = run(program, schedule);
    const bug = bugOf(again, wantedFailure(again, wanted));
    if (bug === null) throw gone();
    const reason = why(program, bug);
    const { full, patch, format } = options;
    if (options.json)
      console.json({
        version: 1,
        command: 'replay',
        ...of.document,
        bug: bugJson(bug, token, reason.text),
      });
    else if (format !== 'text') {
      const { title } = of;
      console.line(
        bugDocument(format, bug, {
          ...{ title, token, patch, full, why: reason, value: valueText },
          ...of.shown,
        }),
      );
    } else {
      const { style, width } = console;
      console.line(`${style('bold', of.name)}   ${of.more}replay`);
      console.line();
      const shown = { full, patch, why: reason, style, width, value: valueText, ...of.shown };
      for (const line of bugText(bug, token, shown)) console.line(line);
    }
    return 1;
  },
};

/** @throws UsageError where the token is none, or of something else than what there is */
async function programIn(
  token: string,
  options: Options,
  more: Pick<LinuxAsked, 'note' | 'interruption'>,
): Promise<Again> {
  if (isTokenLinux(token)) return await programInLinux(token, options, more);
  if (options.tree.linux !== null)
    throw new UsageError('cli/bad-option', 'this token is of no tree of Linux: leave out --linux');
  return isTokenC(token) ? programInC(token, options) : await scenarioIn(token, options);
}

/** What a token is of, ready to be run again. */
interface Again {
  readonly program: Program;
  readonly schedule: Schedule;
  readonly bug: string;
  /** What it is of, for people, by itself and with what else there is to say. */
  readonly name: string;
  readonly more: string;
  readonly title: string;
  /** The same as the document says it. */
  readonly document: object;
  /** How its steps are shown. */
  readonly shown?: ReplayNeeds & Pick<RowOptions, 'lineOf' | 'paths'>;
}

async function scenarioIn(token: string, options: Options): Promise<Again> {
  const what = decodeToken(token);
  const scenario = scenarioOf(what.scenario);
  const design = await designWith(what.kernel, options.patch);
  const shape = unusual(what.shape, scenario);
  const kernel = escapeText(design.name);
  return {
    program: programOf(unexcused(scenario), design, what.config, what.shape),
    schedule: what.schedule,
    bug: what.bug,
    name: scenario.name,
    more: `kernel ${kernel}   ${shape === null ? '' : `${escapeText(shape)}   `}`,
    title: `${scenario.name}, kernel ${design.name}`,
    document: { kernel: design.name, scenario: what.scenario },
  };
}

function programInC(token: string, { clang }: Options): Again {
  const { files, flags, digest, schedule, bug, unroll, faults } = decodeTokenC(token);
  const compiled = compileC(files, flags, clang);
  const name = files.join(' ');
  if (compiled.digest !== digest)
    throw new UsageError(
      'cli/another-program',
      `${name} is not what it was when the token was printed, or is compiled by another compiler`,
      `explore it again: fwspec c ${name}`,
    );
  return {
    program: programOfC(name, compiled.modules, { unroll, faults }),
    schedule,
    bug,
    name: escapeText(name),
    more: compiled.compiler === null ? '' : `${compiled.compiler}   `,
    title: name,
    document: { kernel: null, scenario: name },
  };
}

async function programInLinux(
  token: string,
  { tree: { linux: tree } }: Options,
  more: Pick<LinuxAsked, 'note' | 'interruption'>,
): Promise<Again> {
  const { scenario, arch, llvm, files, driver, shape, digest, schedule, bug, ...of } =
    decodeTokenLinux(token);
  if (tree === null)
    throw new UsageError('cli/bad-option', 'this token is of a tree of Linux: --linux TREE');
  const level = levels.find((one) => one === of.level);
  if (level === undefined)
    throw new UsageError('cli/bad-token', `this is not a token: there is no level "${of.level}"`);
  const version = Number(llvm);
  const found = await linuxProgram({
    ...{ tree, scenario, arch, llvm: version, level, files, driver, shape, ...more },
  });
  const { program, kernel, source } = found;
  if (source.digest !== digest)
    throw new UsageError(
      'cli/another-program',
      `${tree} is not what it was when the token was printed, or is configured in another way`,
      `explore it again: fwspec explore ${scenario} --linux ${tree}`,
    );
  return {
    ...{ program, schedule, bug },
    name: scenario,
    more: `${kernel}   `,
    title: `${scenario}, ${kernel}`,
    document: { kernel, scenario, linux: source },
    shown: { lineOf: sourceLines([found.folder]), paths: true, linux: tree },
  };
}

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
