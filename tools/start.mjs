// `npm start`: the main job on a shipped example. `npm start -- ARGS` is `fwspec ARGS`.
import { prepare, root, run } from './prepare.mjs';

prepare();
const args = process.argv.slice(2);
const command = args.length > 0 ? args : ['check', 'examples/arm64-virt-smmuv3'];
process.exitCode = run(process.execPath, [`${root}dist/cli/main.js`, ...command]);
