// The model held against Linux's own C: docs/reference/model-vs-source.md. Each scenario is explored on both;
// what tools/linux-ir.sh has compiled is taken from .cache. Run as: npm run model-vs-source [-- KERNEL [SCENARIO]],
// or -- --page to write the page of what is known already. $EXECUTIONS is where a search of the source is cut.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { explore, ModelError } from '../dist/modules/explore/index.js';
import { defaultKconfig } from '../dist/modules/linux/index.js';
import { driverCoreFiles, linuxScenarios } from '../dist/modules/linux-c/index.js';
import { Module } from '../dist/modules/llvm/index.js';
import { builtinShape, programOf, scenarioOf } from '../dist/modules/scenarios/index.js';
import { designOf } from '../dist/modules/series/index.js';
import { page } from './model-vs-source-page.mjs';

const kernels = [
  { source: '6.1', release: '6.1.192', model: 'v6.1' },
  // What the series was written against has the rest of 6.1 nearly, too, but not all of it.
  {
    source: '6.1',
    release: '6.1.192',
    model: 'v6.7-rc1',
    without: 'its lock in of_iommu.c and scan.c',
    only: 'cover-letter',
  },
  { source: '6.12', release: '6.12.118', model: 'v6.12' },
  { source: '7.3', release: '7.3.4', model: 'v7.3' },
];
const limits = { source: Number(process.env.EXECUTIONS ?? 20_000), model: 20_000 };
/** Whose operations are called on both sides. */
const driver = 'arm-smmu-v3';
const results = '.cache/model-vs-source.json';
const file = 'docs/reference/model-vs-source.md';
/** What comes after it in the page is by hand. */
const mark = '<!-- From here on by hand. -->\n';

const [, , only, scenario] = process.argv;
for (const kernel of kernels.filter(({ model }) => only === undefined || only === model)) {
  if (scenario === undefined || scenario === 'direct')
    keep(`${kernel.model} direct`, () => inSource(kernel, 'cover-letter', []));
  for (const name of linuxScenarios.keys()) {
    if (scenario !== undefined && scenario !== name) continue;
    if (kernel.only !== undefined && kernel.only !== name) continue;
    keep(`${kernel.model} ${name}`, () => ({
      source: inSource(kernel, name, driverCoreFiles),
      model: inModel(kernel, name),
    }));
  }
}
const rest = readFileSync(file, 'utf8').split(mark)[1] ?? '';
writeFileSync(file, page(known(), kernels) + mark + rest);

function known() {
  return existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
}

function keep(key, make) {
  const cell = make();
  mkdirSync('.cache', { recursive: true });
  writeFileSync(results, `${JSON.stringify({ ...known(), [key]: cell }, null, 1)}\n`);
  console.log(key, JSON.stringify(cell));
}

function inModel({ model }, name) {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, null);
  const program = programOf(scenario, designOf(model), defaultKconfig, shape);
  return summary(explore(program, { maxExecutions: limits.model, causes: false }));
}

function inSource({ source, without }, name, core) {
  const { files, drivers, program } = linuxScenarios.get(name);
  const all = new Set([...files, ...core, ...drivers.get(driver)]);
  const modules = [...all].map((file) => {
    const base = file.replace(/.*\//, '').replace(/\.c$/, '');
    const ir = without !== undefined && /^(of_iommu|scan)$/.test(base) ? `${base}-unlocked` : base;
    return new Module(readFileSync(`.cache/linux-${source}/ir/${ir}.ll`, 'latin1'), file);
  });
  const limit = { maxExecutions: limits.source, causes: false };
  const run = (driver) => ({ driver, ...summary(explore(program(modules, { driver }), limit)) });
  try {
    return run(driver);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { why: error.message, ...run(null) };
  }
}

/** What was found, under names that both have, with the fewest preemptions. */
function summary({ bugs, complete, executions, transitions }) {
  const found = {};
  for (const bug of bugs) {
    const name = nameOf(bug);
    found[name] = Math.min(found[name] ?? bug.preemptions, bug.preemptions);
  }
  return { executions, transitions, complete, found };
}

function nameOf({ kind, title, function: where, object }) {
  const field = object.replaceAll('->', '.');
  if (kind === 'property') return title;
  if (kind === 'data-race') return `data race on ${field}`;
  return `${kind} in ${where}()`;
}
