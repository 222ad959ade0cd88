// `npm test`: all that is not slow. Arguments go to the test runner.
import { prepare, root, run } from './prepare.mjs';

prepare();
const args = process.argv.slice(2);
const project = args.includes('--project') ? [] : ['--project', 'unit'];
// The test runner leaves a core to others: nobody waits for those here.
if (!args.includes('--maxWorkers')) args.push('--maxWorkers', '100%');
const vitest = `${root}node_modules/vitest/vitest.mjs`;
process.exitCode = run(process.execPath, [vitest, 'run', ...project, ...args]);
