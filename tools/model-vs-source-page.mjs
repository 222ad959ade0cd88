// docs/reference/model-vs-source.md, from what tools/model-vs-source.mjs has found.

/** Why one side finds what the other does not. The first that fits counts. */
const reasons = [
  {
    side: 'source',
    what: /^data race on (amba_bustype|fsl_mc_bus_type|pci_bus_type|host1x_\w+|cdx_\w+)\.iommu_ops$/,
    why: 'the model has one bus of platform devices; v6.1 sets the operations of each bus in turn',
  },
  {
    side: 'source',
    what: /^data race on \w+\.(dma_range_map|coherent_dma_mask)$/,
    why: 'of_dma_configure_id() reads and writes it without a lock; the model leaves it out',
  },
  {
    side: 'source',
    // Where an object has no name yet: the field is behind a kobject of 64 bytes.
    what: /^data race on (iommu_group\.devices_kobj|iommu_group_alloc\(\) memory\+64)$/,
    why: 'the model leaves this field out',
  },
  {
    side: 'source',
    what: /^data race on \w+\.p\.knode_bus\.n_klist$/,
    why: 'bus_remove_device() looks at it without the lock of the klist, which is one cell in the model',
  },
  {
    side: 'source',
    what: /^group with devices has no default domain$/,
    why: 'the model asks for a domain only where a boot with no concurrency ends with one',
  },
  {
    side: 'source',
    kernel: /^v(6\.1|7\.3)$/,
    what: /^NULL is followed$/,
    why: 'C reads dev->iommu twice, to test it and to follow it; the model once, as a compiler may',
  },
  {
    side: 'model',
    what: /^data race on iommu_fwspec\.iommu_fwnode$/,
    why: 'written before anybody else can see the object, which in C is private until then',
  },
  {
    side: 'model',
    what: /^a count of references is wrong$/,
    why: 'a reference to a node that is never put is not looked for where it is by hand',
  },
  {
    side: 'source',
    kernel: /^v(6\.12|7)/,
    what: /^WARN$/,
    why: 'arm-smmu-v3 allocates when it is attached, which the model leaves out; the core warns of a first attach that fails',
  },
  {
    side: 'model',
    what: /the base does it too/,
    why: 'asked of the model only, which knows how a boot with no concurrency ends',
  },
  {
    side: 'model',
    kernel: /^v(6\.12|7)/,
    what: /^DMA of a device bypasses/,
    why: 'dma-iommu.c is not linked: whether dev->dma_iommu is set is not looked at',
  },
];

const header = `# The model held against Linux's own C

\`src/linux-c\` runs a kernel's functions as clang compiles them ([how](../adr/0012-c-as-tasks.md)): \`drivers/iommu/iommu.c\`,
\`of_iommu.c\`, the driver core (\`bus.c\`, \`dd.c\`, \`driver.c\`, \`platform.c\`, \`klist.c\`, \`of/device.c\`) and the operations of
an IOMMU driver are the kernel's; locks, memory, kobjects, notifiers, work queues, the devicetree, \`device_add()\` and
\`device_del()\` are by hand ([the environment](../internals/linux-c.md)). Each scenario is explored on both, the model
with its arm-smmu-v3.

The page is generated: \`tools/linux-ir.sh 6.1\` (and 6.12, 7.3) compiles, \`npm run model-vs-source\` explores and writes.
Executions are classes of executions; "cut" means that the search was ended before it had seen all, so that nothing can
be said of what is only on the other side. Numbers behind what was found are the fewest preemptions. A difference with no
reason behind it has not been followed yet.
`;

export function page(cells, kernels) {
  const parts = [header, firstTable(cells, kernels)];
  for (const { model, release, without } of kernels) {
    const own = Object.keys(cells).filter(
      (key) => key.startsWith(`${model} `) && 'model' in cells[key],
    );
    if (own.length === 0) continue;
    const but = without === undefined ? '' : ` without ${without}`;
    parts.push(`## ${model} and Linux ${release}${but}`, '');
    parts.push('| scenario | model | source | found by both, alike | differences |');
    parts.push('| --- | --- | --- | --- | --- |');
    for (const key of own) parts.push(row(key.slice(model.length + 1), model, cells[key]));
    parts.push('');
  }
  return `${parts.join('\n')}\n`;
}

function row(scenario, kernel, { source, model }) {
  const alike = [];
  const differences = [];
  const [there, here] = [folded(source.found), folded(model.found)];
  for (const [what, n] of Object.entries(here)) {
    const other = there[what];
    if (other === n) alike.push(`${what} (${n})`);
    else if (other !== undefined)
      differences.push(`${what}: model ${n}, source ${other}${source.complete ? '' : ' so far'}`);
    else if (source.complete)
      differences.push(`model only: ${what} (${n})${because('model', kernel, what)}`);
  }
  const unseen = Object.keys(here).filter((what) => there[what] === undefined);
  if (!source.complete && unseen.length > 0)
    differences.push(`not met in the source before it was cut: ${unseen.join(', ')}`);
  for (const [what, n] of Object.entries(there))
    if (here[what] === undefined)
      differences.push(`source only: ${what} (${n})${because('source', kernel, what)}`);
  const clean = isClean(source) && isClean(model) ? 'clean' : '';
  const by = source.driver === null ? ', driver by hand' : '';
  return `| ${[scenario, count(model), `${count(source)}${by}`, alike.join('; ') || clean, differences.join('; ')].join(' | ')} |`;
}

/**
 * Crashes by their kinds alone: which function an access is in depends on what is folded into what, by the model as
 * by compilers.
 */
function folded(found) {
  const by = {};
  for (const [name, n] of Object.entries(found)) {
    const what = name.replace(/ in \S+\(\)$/, '');
    const shown = kinds[what] ?? what;
    by[shown] = Math.min(by[shown] ?? n, n);
  }
  return by;
}

const kinds = {
  'null-deref': 'NULL is followed',
  'use-after-free': 'use after free',
  'double-free': 'double free',
  'out-of-bounds': 'out of bounds',
  warn: 'WARN',
  // One property, called after what its witness shows.
  'driver works in a group it never claimed': 'the group of a bound driver is not claimed once',
  'group stays claimed by a driver that has gone':
    'the group of a bound driver is not claimed once',
  refcount: 'a count of references is wrong',
};

const isClean = ({ complete, found }) => complete && Object.keys(found).length === 0;

function count({ executions, complete }) {
  return complete ? `${executions}` : `cut at ${executions}`;
}

function because(side, kernel, what) {
  const reason = reasons.find(
    (one) =>
      one.side === side &&
      one.what.test(what) &&
      (one.kernel === undefined || one.kernel.test(kernel)),
  );
  return reason === undefined ? '' : ` - ${reason.why}`;
}

/** The race of the cover letter: the model, the C of the driver core, and without it. */
function firstTable(cells, kernels) {
  const rows = kernels.flatMap(({ model, release, without }) => {
    const own = cells[`${model} cover-letter`];
    const direct = cells[`${model} direct`];
    const name = `Linux ${release}${without === undefined ? '' : ` without ${without}`}`;
    return [
      own && [`the model, ${model}`, own.model],
      own && [`${name}: both drivers bind`, own.source],
      direct && [`${name}: of_iommu_configure() beside iommu_device_register()`, direct],
    ].filter(Boolean);
  });
  return [
    '## The race of the cover letter',
    '',
    '| program | executions | transitions of each | found (fewest preemptions) |',
    '| --- | --- | --- | --- |',
    ...rows.map(([program, { executions, transitions, complete, found }]) => {
      const bugs = Object.entries(folded(found)).filter(([name]) => !name.startsWith('data race'));
      const races = Object.keys(folded(found)).length - bugs.length;
      const all = bugs.map(([name, n]) => `${name} (${n})`);
      if (races > 0) all.push(`${races} data race${races === 1 ? '' : 's'}`);
      const each = Math.round(transitions / executions);
      return `| ${program} | ${count({ executions, complete })} | ${each} | ${all.join('; ')} |`;
    }),
    '',
  ].join('\n');
}
