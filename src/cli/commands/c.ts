import { encodeTokenC, notesOf, programOf } from '../../llvm/index.ts';
import { exploreJson, exploreText } from '../../report/index.ts';
import type { Options } from '../arguments/checked.ts';
import { compileC } from '../input/compile-c.ts';
import { exitCodeOf, searchProgram } from '../search/search.ts';
import type { Command } from './command.ts';
import { showWorst } from './show-worst.ts';

export const c: Command = {
  async run(options, console, interruption) {
    const { operands: files } = options;
    const flags = flagsOf(options);
    const { modules, digest, compiler } = compileC(files, flags, options.clang);
    const program = programOf(files.join(' '), modules);
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
          encodeTokenC({ files, flags, digest, schedule, bug }, tasks),
      )),
    };
    console.progress(null);
    const explored = { ...exploration, notes: notesOf(program) };
    if (options.json)
      console.json({ ...exploreJson(explored), command: 'c', notes: explored.notes });
    else if (options.format !== 'text') showWorst(exploration, options.format, options, console);
    else {
      const { full, all } = options;
      const { style, width } = console;
      const witnesses = all ? 'all' : 'worst';
      for (const line of exploreText(explored, { full, witnesses, style, width }))
        console.line(line);
    }
    return exitCodeOf([exploration]);
  },
};

/** What the compiler is told. */
function flagsOf({ define, include }: Options): string[] {
  return [...define.map((one) => `-D${one}`), ...include.map((folder) => `-I${folder}`)];
}
