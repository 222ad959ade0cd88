// docs/reference/model-vs-source.md, from what tools/model-vs-source.mjs has found.

/** Why one side finds what the other does not. The first that fits counts. */
const reasons = [
  {
    side: 'source',
    what: /^data race on (amba|fsl_mc|pci|host1x\w*|cdx)_?\w*\.iommu_ops$/,
    why: 'the model has one bus of platform devices where v6.1 sets the operations of each bus in turn',
  },
  {
    side: 'source',
    what: /^data race on \w+\.(dma_range_map|coherent_dma_mask)$/,
    why: 'of_dma_configure_id() reads and writes these without a lock; the model has no masks and no ranges',
  },
  {
    side: 'source',
    what: /^group with devices has no default domain$/,
    why: 'the model asks for a domain only where a boot with no concurrency ends with one',
  },
  {
    side: 'model',
    what: /the base does it too/,
    why: 'asked of the model only, which knows how a boot with no concurrency ends',
  },
  {
    side: 'model',
    what: /^refcount in /,
    why: 'references to devicetree nodes are not counted in the source’s environment',
  },
  {
    side: 'model',
    what: /in iommu_group_release\(\)$/,
    why: 'the devices_kobj of a group is an object of its own in C, and is the first to be put twice; in the model it is the group',
  },
  {
    side: 'source',
    what: /in (iommu_group_remove_device|iommu_group_put)\(\)$|iommu_group\.devices_kobj$/,
    why: 'the devices_kobj of a group is an object of its own in C, and is the first to be put twice; in the model it is the group',
  },
  {
    side: 'source',
    what: /^null-deref in /,
    why: 'C reads dev->iommu twice, to test it and to follow it; the model once, as a compiler may',
  },
  {
    side: 'model',
    kernel: /^v(6\.12|7)/,
    what: /^DMA of a device bypasses/,
    why: 'iommu_setup_dma_ops() is in dma-iommu.c, which is not linked: whether dev->dma_iommu is set is not looked at',
  },
];

/** The same reads, by functions that one side has folded into others. */
const folded =
  'functions that the compiler, or the model, has folded into their callers: the same accesses under another name';

const header = `# The model held against Linux's own C

\`src/linux-c\` runs a kernel's functions as clang compiles them ([how](../adr/0012-c-as-tasks.md)): \`drivers/iommu/iommu.c\`,
\`of_iommu.c\`, the driver core (\`bus.c\`, \`dd.c\`, \`driver.c\`, \`platform.c\`, \`klist.c\`, \`of/device.c\`) and the operations of
an IOMMU driver are the kernel's; locks, memory, kobjects, notifiers, work queues, the devicetree, \`device_add()\` and
\`device_del()\` are by hand ([the environment](../internals/linux-c.md)). Each scenario is explored on both, the model
with its arm-smmu-v3.

The page is generated: \`tools/linux-ir.sh 6.1\` (and 6.12, 7.3) compiles, \`npm run model-vs-source\` explores and writes.
Executions are classes of executions; "cut" means that the search was ended before it had seen all, so that nothing can
be said of what is only on the other side. Numbers behind what was found are the fewest preemptions.
`;

export function page(cells, kernels, first) {
  const parts = [header, '', firstTable(first)];
  for (const { source, model, release, without } of kernels) {
    const own = Object.entries(cells).filter(([key]) => key.startsWith(`${model} `));
    if (own.length === 0) continue;
    const but = without === undefined ? '' : ` without ${without}`;
    parts.push(`## ${model} and Linux ${release}${but}`, '');
    parts.push('| scenario | model | source | found by both, alike | differences |');
    parts.push('| --- | --- | --- | --- | --- |');
    for (const [key, cell] of own) parts.push(row(key.slice(model.length + 1), model, cell));
    parts.push('');
    void source;
  }
  return `${parts.join('\n')}\n`;
}

function row(scenario, kernel, { source, model }) {
  const alike = [];
  const differences = [];
  for (const [what, n] of Object.entries(model.found)) {
    const other = source.found[what];
    if (other === n) alike.push(`${what} (${n})`);
    else if (other !== undefined)
      differences.push(`${what}: model ${n}, source ${other}${cut(source.complete)}`);
    else if (source.complete)
      differences.push(`model only: ${what} (${n})${because('model', kernel, what)}`);
  }
  const unseen = Object.keys(model.found).filter((what) => source.found[what] === undefined);
  if (!source.complete && unseen.length > 0)
    differences.push(`${unseen.length} of the model's ${Object.keys(model.found).length} not met in the source so far`);
  for (const [what, n] of Object.entries(source.found))
    if (model.found[what] === undefined)
      differences.push(`source only: ${what} (${n})${because('source', kernel, what)}`);
  return [
    '',
    scenario,
    count(model),
    `${count(source)}${source.driver === null ? ', driver by hand' : ''}`,
    alike.length === 0 ? (isClean(source) && isClean(model) ? 'clean' : '') : alike.join('; '),
    differences.join('; '),
    '',
  ]
    .join(' | ')
    .trim()
    .replaceAll('->', '->');
}

const cut = (complete) => (complete ? '' : ' so far');
const isClean = ({ complete, found }) => complete && Object.keys(found).length === 0;

function count({ executions, complete }) {
  return complete ? `${executions}` : `cut at ${executions}`;
}

function because(side, kernel, what) {
  const reason = reasons.find(
    (one) =>
      one.side === side && one.what.test(what) && (one.kernel === undefined || one.kernel.test(kernel)),
  );
  return reason === undefined ? '' : ` - ${reason.why}`;
}

function firstTable(rows) {
  return [
    '## The cover letter, step by step',
    '',
    '| program | executions | transitions of each | found (fewest preemptions) |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ program, executions, transitions, complete, found }) => {
      const what = Object.entries(found)
        .filter(([name]) => !name.startsWith('data race'))
        .map(([name, n]) => `${name} (${n})`);
      const races = Object.keys(found).length - what.length;
      const all = [...what, ...(races > 0 ? [`${races} data race${races === 1 ? '' : 's'}`] : [])];
      const each = Math.round(transitions / executions);
      return `| ${program} | ${complete ? executions : `cut at ${executions}`} | ${each} | ${all.join('; ')} |`;
    }),
    '',
  ].join('\n');
}

void folded;
