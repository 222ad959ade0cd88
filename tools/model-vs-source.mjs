// The model held against Linux's own C: docs/reference/model-vs-source.md. Each scenario is explored on both;
// what tools/linux-ir.sh has compiled is taken from .cache. Run as: npm run model-vs-source [-- KERNEL [SCENARIO]]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { explore } from '../dist/modules/explore/index.js';
import { defaultKconfig } from '../dist/modules/linux/index.js';
import { driverCoreFiles, linuxScenarios } from '../dist/modules/linux-c/index.js';
import { Module } from '../dist/modules/llvm/index.js';
import { builtinShape, programOf, scenarioOf } from '../dist/modules/scenarios/index.js';
import { designOf } from '../dist/modules/series/index.js';

const kernels = [
  { source: '6.1', model: 'v6.1' },
  { source: '6.1', model: 'v6.7-rc1', without: 'its lock in of_iommu.c and scan.c' },
  { source: '6.12', model: 'v6.12' },
  { source: '7.3', model: 'v7.3' },
];
const limits = { source: 400, model: 6_000 };
const results = '.cache/model-vs-source.json';

const known = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
const [, , only, scenario] = process.argv;
for (const kernel of kernels.filter(({ model }) => only === undefined || only === model)) {
  for (const name of linuxScenarios.keys()) {
    if (scenario !== undefined && scenario !== name) continue;
    const key = `${kernel.model} ${name}`;
    known[key] = { source: inSource(kernel, name), model: inModel(kernel, name) };
    mkdirSync('.cache', { recursive: true });
    writeFileSync(results, `${JSON.stringify(known, null, 1)}\n`);
    console.log(key, JSON.stringify(known[key]));
  }
}

function inModel({ model }, name) {
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, null);
  const program = programOf(scenario, designOf(model), defaultKconfig, shape);
  return summary(explore(program, { maxExecutions: limits.model, causes: false }));
}

function inSource({ source, without }, name) {
  const { files, program } = linuxScenarios.get(name);
  const modules = [...new Set([...files, ...driverCoreFiles])].map((file) => {
    const base = file.replace(/.*\//, '').replace(/\.c$/, '');
    const ir = without !== undefined && /^(of_iommu|scan)$/.test(base) ? `${base}-unlocked` : base;
    return new Module(readFileSync(`.cache/linux-${source}/ir/${ir}.ll`, 'latin1'), file);
  });
  return summary(explore(program(modules), { maxExecutions: limits.source, causes: false }));
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
  const field = object.replaceAll(/(\w+)->dev\./g, '$1->');
  if (kind === 'property') return title;
  if (kind === 'data-race') return `data race on ${field}`;
  return `${kind} in ${where}()`;
}
