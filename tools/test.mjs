// `npm test`: all that is not slow. Arguments go to the test runner.
import { prepare, root, run } from './prepare.mjs';

prepare();
const args = process.argv.slice(2);
const project = args.includes('--project') ? [] : ['--project', 'unit'];
const vitest = `${root}node_modules/vitest/vitest.mjs`;
process.exitCode = run(process.execPath, [vitest, 'run', ...project, ...args]);
