// `npm test`: all that is not slow. Arguments go to the test runner.
import { prepare, root, run } from './prepare.mjs';

prepare();
const args = process.argv.slice(2);
const project = args.includes('--project') ? [] : ['--project', 'unit'];
// Files that take minutes are best run side by side; of those that take none, most of the time goes elsewhere.
if (args.includes('slow')) args.push('--maxWorkers', '100%');
const vitest = `${root}node_modules/vitest/vitest.mjs`;
process.exitCode = run(process.execPath, [vitest, 'run', ...project, ...args]);
