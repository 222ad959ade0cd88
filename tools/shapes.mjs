// `npm run shapes`: explore devices of every shape and write docs/reference/shapes.md. Takes minutes.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { prepare, root } from './prepare.mjs';
import { kernels, most, scenarios, shapes } from './shapes-list.mjs';
import { shapesPage } from './shapes-page.mjs';

prepare();

function compare([name, asked]) {
  const args = [
    ...['compare', '--quiet', '--all', '--json', '--ignore', 'data-race'],
    ...['--kernels', kernels.join(), '--scenarios', scenarios.join()],
    ...['--max-executions', `${most}`, ...asked.replace('--driver ', '--drivers ').split(' ')],
  ];
  const { status, stdout } = spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Found something, or cut short: both are what the page is about.
  if (stdout === '') {
    process.stderr.write(`${name}: exit code ${status}\n`);
    process.exit(1);
  }
  process.stderr.write(`${name}\n`);
  return JSON.parse(stdout).rows;
}

const rows = new Map(shapes.map((shape) => [shape[1], compare(shape)]));
writeFileSync(
  `${root}docs/reference/shapes.md`,
  shapesPage((asked) => rows.get(asked)),
);
