import {
  bugMeant,
  Play,
  type Program,
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
  executionJson,
  executionText,
  type ReplayNeeds,
  type RowOptions,
} from '../../../report/index.ts';
import {
  decodeToken,
  programOf,
  scenarioOf,
  unexcused,
  unusual,
  valueText,
} from '../../../scenarios/index.ts';
import { escapeText, UsageError } from '../../../util/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { compileC } from '../../input/compile-c.ts';
import { levels } from '../../input/linux-tree.ts';
import { apply } from '../../judge/apply.ts';
import { readPatches } from '../../judge/patches.ts';
import { inWorkFolder } from '../../judge/work-folder.ts';
import { designWith } from '../../kernel/patch-file.ts';
import { sourceLines } from '../../linux/source-lines.ts';
import { treeAt } from '../../linux/tree.ts';
import type { Console } from '../../output/console.ts';
import { type LinuxAsked, type LinuxProgram, linuxProgram } from '../../search/linux.ts';
import type { Interruption } from '../../search/request.ts';
import { livingOn } from '../../search/search.ts';
import type { Command } from '../command.ts';

export const replay: Command = {
  async run(options, console, interruption) {
    const replayed = (work: string | null): Promise<number> =>
      shown(options, console, interruption, work);
    return options.patched.length === 0 ? await replayed(null) : await inWorkFolder(replayed);
  },
};

/** Run it again and show it. The folder is one to put patched files in. */
async function shown(
  options: Options,
  console: Console,
  interruption: Interruption,
  work: string | null,
): Promise<number> {
  const [token = ''] = options.operands;
  const more = { note: console.note, interruption, work };
  const { program: found, schedule, bug: wanted, ...of } = await programIn(token, options, more);
  const program = livingOn(found, interruption);
  if (wanted === null) return shownForItself(program, schedule, token, of, options, console);
  const bug = bugMeant(run(program, schedule), wanted);
  const reason = why(program, bug);
  const { full, patch, format } = options;
  if (format !== 'text') {
    const { title } = of;
    console.line(
      bugDocument(format, bug, {
        ...{ title, token, patch, full, why: reason, value: valueText },
        ...of.shown,
      }),
    );
  } else {
    const { style, width } = console;
    const shown = { full, patch, why: reason, style, width, value: valueText, ...of.shown };
    const title = `${style('bold', of.name)}   ${of.more}replay`;
    const found = (): unknown => bugJson(bug, token, reason.text);
    console.answer({
      document: () => ({ version: 1, command: 'replay', ...of.document, bug: found() }),
      lines: () => [title, '', ...bugText(bug, token, shown)],
    });
  }
  return 1;
}

/** Show an execution, whatever comes of it. */
function shownForItself(
  program: Program,
  schedule: Schedule,
  token: string,
  { name, more, document, shown = {} }: Omit<Again, 'program' | 'schedule' | 'bug'>,
  { json, format, full, patch }: Options,
  console: Console,
): number {
  const position = new Play(program, schedule).position();
  const { line, note, style, width } = console;
  if (json) console.json(executionJson(position, token, document));
  else if (format !== 'text')
    note(`nothing to show as ${format}: the token is of no bug, but of an execution`);
  else {
    line(`${style('bold', name)}   ${more}replay`);
    line();
    const how = { full, patch, style, width, value: valueText, ...shown };
    for (const text of executionText(position, token, how)) line(text);
  }
  if (position.failures.some(({ isHint }) => !isHint)) return 1;
  return position.isOver ? 0 : 3;
}

/** What else it takes. */
type More = Pick<LinuxAsked, 'note' | 'interruption'> & { readonly work: string | null };

/** @throws UsageError where the token is none, or of something else than what there is */
async function programIn(token: string, options: Options, more: More): Promise<Again> {
  if (isTokenLinux(token)) return await programInLinux(token, options, more);
  if (options.tree.linux !== null)
    throw new UsageError('cli/bad-option', 'this token is of no tree of Linux: leave out --linux');
  return isTokenC(token) ? programInC(token, options) : await scenarioIn(token, options);
}

/** What a token is of, ready to be run again. */
interface Again {
  readonly program: Program;
  readonly schedule: Schedule;
  /** Null of one that is shown for itself. */
  readonly bug: string | null;
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

async function programInLinux(token: string, options: Options, more: More): Promise<Again> {
  const { scenario, arch, llvm, files, driver, shape, digest, schedule, bug, ...of } =
    decodeTokenLinux(token);
  const { linux: tree } = options.tree;
  if (tree === null)
    throw new UsageError('cli/bad-option', 'this token is of a tree of Linux: --linux TREE');
  const level = levels.find((one) => one === of.level);
  if (level === undefined)
    throw new UsageError('cli/bad-token', `this is not a token: there is no level "${of.level}"`);
  const asked = {
    ...{ tree, scenario, arch, llvm: Number(llvm), level, files, driver, shape, ...more },
  };
  const { program, kernel, source, folders } = await withDigest(
    asked,
    digest,
    options.patched,
    more.work,
  );
  return {
    ...{ program, schedule, bug },
    name: scenario,
    more: `${kernel}   `,
    title: `${scenario}, ${kernel}`,
    document: { kernel, scenario, linux: source },
    shown: {
      ...{ lineOf: sourceLines(folders), paths: true, linux: tree, patched: options.patched },
    },
  };
}

/** A program, and the folders that its source is in, the first before the others. */
type Found = LinuxProgram & { readonly folders: readonly string[] };

/**
 * The program of the tree that has a digest: the tree as it is, or that which some of the patches lead to.
 *
 * @throws UsageError where none has
 */
async function withDigest(
  asked: LinuxAsked,
  digest: string,
  patched: readonly string[],
  work: string | null,
): Promise<Found> {
  const { tree, scenario } = asked;
  const { source } = treeAt(tree);
  const states =
    work === null ? [null] : apply(readPatches(patched, source, work).patches, source, work).states;
  for (const state of states.toReversed()) {
    const overlay = state?.folder ?? null;
    const found = await linuxProgram({ ...asked, overlay });
    const folders = overlay === null ? [found.folder] : [overlay, found.folder];
    if (found.source.digest === digest) return { ...found, folders };
  }
  throw new UsageError(
    'cli/another-program',
    work === null
      ? `${tree} is not what it was when the token was printed, or is configured in another way`
      : `neither ${tree} nor what the patches make of it is what the token is of`,
    `explore it again: fwspec explore ${scenario} --linux ${tree}; one of judge needs --patched PATCH`,
  );
}
