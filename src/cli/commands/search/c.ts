import type { Outcome, Program } from '../../../explore/index.ts';
import { encodeTokenC, isCut, notesOf, programOf } from '../../../llvm/index.ts';
import { exploreJson, exploreText } from '../../../report/index.ts';
import type { Options } from '../../arguments/checked.ts';
import { compileC } from '../../input/compile-c.ts';
import { exitCodeOf, searchProgram } from '../../search/search.ts';
import type { Command } from '../command.ts';
import { showWorst } from './show-worst.ts';

export const c: Command = {
  async run(options, console, interruption) {
    const { operands: files } = options;
    const flags = flagsOf(options);
    const { modules, digest, compiler } = compileC(files, flags, options.clang);
    const { unroll, faults } = options;
    const program = programOf(files.join(' '), modules, { unroll, faults });
    const exploration = {
      kernel: null,
      scenario: files.join(' '),
      shape: compiler,
      ...(await searchProgram(
        program,
        {
          ...options,
          random: options.random === null ? null : { mode: options.random, seed: options.seed },
          cover: true,
          explain: options.all ? 'all' : 'worst',
          causes: true,
        },
        interruption,
        console.progress,
        ({ schedule, id: bug, tasks }) =>
          encodeTokenC({ files, flags, unroll, faults, digest, schedule, bug }, tasks),
      )),
    };
    console.progress(null);
    const explored = { ...cut(exploration, program), notes: notesOf(program) };
    if (options.json)
      console.json({ ...exploreJson(explored), command: 'c', notes: explored.notes });
    else if (options.format !== 'text') showWorst(explored, options.format, options, console);
    else {
      const { full, all } = options;
      const { style, width } = console;
      const witnesses = all ? 'all' : 'worst';
      for (const line of exploreText(explored, { full, witnesses, style, width }))
        console.line(line);
    }
    return exitCodeOf([explored]);
  },
};

/** What the compiler is told. */
function flagsOf({ define, include }: Options): string[] {
  return [...define.map((one) => `-D${one}`), ...include.map((folder) => `-I${folder}`)];
}

/** Executions that were given up may have bugs: nothing is clean then. */
function cut<E extends { readonly outcome: Outcome }>(exploration: E, program: Program): E {
  const { outcome } = exploration;
  if (!isCut(program) || outcome.verdict !== 'clean') return exploration;
  return { ...exploration, outcome: { ...outcome, verdict: 'incomplete', complete: false } };
}
