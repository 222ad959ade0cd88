import type { BugKind } from '../../../explore/index.ts';
import type { AssumedIommu, ShapeBus } from '../../../machine/index.ts';
import type { Format } from '../../../report/index.ts';
import type { ShapeFirmware } from '../../../scenarios/index.ts';
import { type CommandEntry, type OptionEntry, takes } from '../entries.ts';
import { compilerOptions } from './compiler.ts';
import { judgeOptions } from './judge.ts';
import { kernelOptions } from './kernel.ts';
import { lintOptions } from './lint.ts';
import { linuxOptions } from './linux.ts';
import { pageOptions } from './page.ts';
import { queueOptions } from './queue.ts';
import { timeOptions } from './time.ts';

/** What a witness can be shown as. */
const witnessFormats: readonly Format[] = ['text', 'mail', 'html', 'svg', 'perfetto', 'mermaid'];

/** What a check can fail on. */
export const failures = ['firmware', 'kernel', 'any', 'never', 'warning'] as const;

/** What a device can sit on. */
const buses: readonly ShapeBus[] = ['platform', 'amba', 'pci', 'fsl-mc', 'cdx'];

/** Whose IOMMU can be assumed. */
export const assumable: readonly AssumedIommu[] = ['intel', 'amd', 'arm'];

/** What can describe a built-in device. */
export const described: readonly ShapeFirmware[] = [
  'devicetree',
  'iort',
  'viot',
  'iort+viot',
  'dmar',
  'ivrs',
  'clp',
];

const raceKind: BugKind = 'data-race';

/** Every option, in the order of the help. */
export const options: readonly OptionEntry[] = [
  {
    name: 'kernel',
    value: 'KERNEL',
    about:
      'the kernel, by its name or the nearest to it, and what is put on it: fwspec-v2+p05; fwspec list kernels',
    words: 'kernel',
    otherwise: {
      check: 'the newest; of live its own',
      inspect: 'the newest; of live its own',
      explain: 'the newest; of live its own',
      groups: 'the newest; of live its own',
      lint: 'the newest; of live its own',
      page: 'the newest; of live its own',
      explore: 'v6.7-rc1, which the patch series is for',
      verify: 'the captured one',
    },
    of: ['check', 'inspect', 'explain', 'groups', 'lint', 'explore', 'verify', 'page'],
  },
  {
    name: 'machine',
    value: 'MACHINE',
    about: 'explore a device of this machine instead of a built-in one; with --device',
    words: 'file',
    of: ['explore'],
  },
  {
    name: 'device',
    value: 'DEVICE',
    about: 'the device of --machine whose shape is explored',
    words: 'any',
    of: ['explore'],
  },
  {
    name: 'driver',
    value: 'DRIVER',
    about: 'explore behind this IOMMU driver; fwspec list drivers',
    words: 'driver',
    of: ['explore'],
  },
  {
    name: 'firmware',
    value: 'KIND',
    about:
      'what describes the device: devicetree, iort, viot, iort+viot (both, which Linux asks in this order), dmar, ivrs or clp',
    words: described,
    otherwise: 'what the scenario is about, or what can describe such an IOMMU',
    of: ['explore', 'compare'],
  },
  {
    name: 'bus',
    value: 'BUS',
    about: 'the bus of the device: platform, amba, pci, fsl-mc or cdx',
    words: buses,
    otherwise: 'platform',
    of: ['explore', 'compare'],
  },
  {
    name: 'iommus',
    value: 'N',
    about: 'how many IOMMUs the device is behind',
    words: 'any',
    of: ['explore', 'compare'],
  },
  {
    name: 'ids',
    value: 'LIST',
    about: 'its IDs, one of them perhaps twice; those at its next IOMMU behind a slash: 1,1/2',
    words: ['1,2', '1,1', '1,2,3', '1/2'],
    of: ['explore', 'compare'],
  },
  {
    name: 'cells',
    value: 'N',
    about: '#iommu-cells; with 0 the IOMMU does not tell its masters apart',
    words: 'any',
    otherwise: 'what the driver expects',
    of: ['explore', 'compare'],
  },
  {
    name: 'functions',
    value: 'N',
    about:
      'how many devices share its group by where they are: functions of its slot (pci), or objects in its container (fsl-mc)',
    words: 'any',
    otherwise: '1',
    of: ['explore', 'compare'],
  },
  {
    name: 'bridge',
    value: 'KIND',
    about: 'what it is behind: pcie-to-pci, which gives one ID to all below it',
    words: ['pcie-to-pci'],
    of: ['explore', 'compare'],
  },
  {
    name: 'binding',
    value: 'KIND',
    about: 'how a devicetree describes it: mmu-masters, a list at the IOMMU (arm-smmu)',
    words: ['mmu-masters'],
    of: ['explore', 'compare'],
  },
  {
    name: 'answers',
    value: 'FILE',
    about: "a kernel log or a listing of IOMMU groups: what the machine's kernel decided",
    words: 'file',
    of: ['verify'],
  },
  {
    name: 'assume',
    value: 'KIND',
    about:
      'whose IOMMU is assumed where PCI functions are given without firmware: intel, amd or arm',
    words: assumable,
    otherwise: 'amd where one of its IOMMUs is shown, else intel',
    of: ['check', 'inspect', 'explain', 'groups', 'lint', 'explore'],
  },
  {
    name: 'pci-ids',
    value: 'FILE',
    about: 'names of vendors and devices, where lspci.txt gives none',
    words: 'file',
    otherwise: 'pci.ids in /usr/share/misc or /usr/share/hwdata, if it is there',
    of: ['groups'],
  },
  {
    name: 'kernels',
    value: 'A,B',
    about: 'compare these kernels',
    words: 'kernel',
    list: true,
    of: ['compare'],
  },
  {
    name: 'scenarios',
    value: 'A,B',
    about: 'compare on these scenarios',
    words: 'scenario',
    list: true,
    of: ['compare'],
  },
  {
    name: 'drivers',
    value: 'A,B',
    alone: 'every-kind',
    about: 'compare behind each of these IOMMU drivers; alone: behind one of each kind',
    words: 'driver',
    list: true,
    of: ['compare'],
  },
  {
    name: 'bisect',
    about:
      'say which patch of the series brings a bug, and which removes it; --kernels fwspec-v2+p05 with a mistake repaired',
    of: ['compare'],
  },
  {
    name: 'fresh',
    about: 'explore everything, even where the stored table would do',
    of: ['compare'],
  },
  {
    name: 'patch',
    value: 'FILE',
    about:
      'the kernel with a patch of your own on it. The file is a program and runs with your rights: use none that you have not read',
    words: 'file',
    of: ['check', 'inspect', 'explain', 'groups', 'explore', 'compare', 'replay', 'verify'],
  },
  ...kernelOptions,
  ...compilerOptions,
  ...judgeOptions,
  ...linuxOptions,
  ...lintOptions,
  ...queueOptions,
  {
    name: 'max-executions',
    value: 'N',
    about: 'stop a search after so many executions: the verdict is incomplete',
    words: 'any',
    otherwise: { judge: '1,000' },
    of: ['check', 'explore', 'c', 'judge', 'compare', 'verify'],
  },
  ...timeOptions,
  {
    name: 'fail-on',
    value: 'WHAT',
    about:
      'what makes the exit code 1: an error-level finding about firmware, a bug of the kernel, any of them, nothing, or a finding that is an error or a warning',
    words: failures,
    otherwise: 'firmware',
    of: ['check'],
  },
  {
    name: 'jobs',
    value: 'N',
    about: 'how many threads search, or look at files',
    words: 'any',
    otherwise: 'as many as there are cores',
    of: ['check', 'lint', 'explore', 'judge', 'compare'],
  },
  {
    name: 'ignore',
    value: 'KIND',
    about: `leave out a kind of bug, ${raceKind} for example`,
    words: 'bug-kind',
    repeats: true,
    of: ['check', 'explore', 'c', 'judge', 'compare'],
  },
  {
    name: 'random',
    value: 'HOW',
    about: 'look at random executions instead of all: uniform or pct',
    words: ['uniform', 'pct'],
    of: ['check', 'explore', 'c', 'compare'],
  },
  {
    name: 'seed',
    value: 'N',
    about: 'where --random begins',
    words: 'any',
    otherwise: '1',
    of: ['check', 'explore', 'c', 'compare'],
  },
  {
    name: 'checkpoint',
    value: 'FILE',
    about: 'write how far the search is to FILE, and go on from it when it is there',
    words: 'file',
    of: ['explore'],
  },
  {
    name: 'histogram',
    about: 'count classes of executions by the fewest preemptions they need',
    of: ['check', 'explore', 'c'],
  },
  {
    name: 'cross-check',
    about: 'have a second engine, of another kind, look at the same program',
    of: ['check', 'explore', 'c'],
  },
  {
    name: 'full',
    about: 'every step of a witness or of an explanation',
    of: ['explain', 'explore', 'c', 'replay'],
  },
  {
    name: 'full',
    about: 'all that was found, with every step of its witnesses',
    of: ['check', 'judge'],
  },
  {
    name: 'all',
    about: 'a witness for every bug',
    of: ['check', 'explore', 'c'],
  },
  { name: 'all', about: 'a witness for every cause', of: ['judge'] },
  { name: 'all', about: 'every bug by its name', of: ['compare'] },
  {
    name: 'format',
    value: 'FORMAT',
    about:
      'the worst bug, or the one of the token, as text, mail (72 columns), html, svg, perfetto (for ui.perfetto.dev) or mermaid (for an issue)',
    words: witnessFormats,
    otherwise: 'text',
    of: ['explore', 'c', 'replay'],
  },
  {
    name: 'format',
    value: 'FORMAT',
    about: 'text, or mail: an answer to the patch with the witness, ready for git send-email',
    words: ['text', 'mail'],
    otherwise: 'text',
    of: ['judge'],
  },
  {
    name: 'format',
    value: 'FORMAT',
    about: 'the table as text, markdown or json',
    words: ['text', 'markdown', 'json'],
    otherwise: 'text',
    of: ['compare'],
  },
  ...pageOptions,
  {
    name: 'print-script',
    about: 'print the shell script that collects, for a machine without Node.js',
    of: ['capture'],
  },
  { name: 'man', about: 'print the man page', of: ['help'] },
  {
    name: 'json',
    about: 'print one document; docs/reference/schemas has their schemas',
    of: [
      'check',
      'inspect',
      'explain',
      'groups',
      'lint',
      'explore',
      'c',
      'judge',
      'compare',
      'replay',
      'verify',
      'capture',
      'list',
    ],
  },
  {
    name: 'color',
    value: 'WHEN',
    about: 'auto, always or never',
    words: ['auto', 'always', 'never'],
    otherwise: 'auto',
    of: 'every command',
  },
  {
    name: 'quiet',
    short: 'q',
    about: 'no progress and no remarks on standard error',
    of: 'every command',
  },
  { name: 'help', short: 'h', about: 'the help of the command', of: 'every command' },
  { name: 'version', short: 'V', about: 'the version of fwspec', of: 'every command' },
];

export function optionsOf({ name }: CommandEntry): OptionEntry[] {
  return options.filter((option) => takes(option, name));
}

/** The options that every command takes. */
export const commonOptions: readonly OptionEntry[] = options.filter(
  ({ of }) => of === 'every command',
);
