import type { CommandEntry, OperandEntry } from './entries.ts';
import { linuxScenarioNames } from './options/linux.ts';

const machine: OperandEntry = {
  name: 'machine',
  about:
    'a .dtb; a .dts (needs dtc); an ACPI table, raw or as text of acpidump, hexdump, xxd, od or base64; what lspci -xxxx prints; a directory with machine.dtb or acpi/, and perhaps pci/ or lspci.txt; a tar, zip or gzip file of any of them; FILE#2 for the second devicetree in a file; live for this Linux machine; - for standard input',
  words: 'file',
};

const capture: OperandEntry = {
  name: 'capture',
  about:
    "a machine's directory with the kernel's answers in it, expected.json; live for this machine",
  words: 'file',
  many: true,
};

const deviceNames =
  "a device of the machine: the kernel's name for it or a path of /sys; 03:00.0; 8086:100e; the path of a node of the devicetree, a label or an alias";

const example = 'examples/arm64-virt-smmuv3';

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'check',
    about: 'its firmware, and what its kernel can do wrong while it boots',
    more: [
      'Two verdicts that are never mixed: what is wrong with the firmware, and what the kernel can do wrong in some order of events, by exploring every distinct shape of device. --fail-on says which of them makes the exit code 1.',
    ],
    operands: [machine],
    examples: [
      { line: `fwspec check ${example}`, about: 'a machine that a real kernel booted on' },
      { line: 'fwspec check live --kernel v6.12', about: 'this machine, as Linux v6.12 boots it' },
      {
        line: 'fwspec check board.dtb --fail-on any --max-seconds 60',
        about: 'in a build, where the kernel counts as well',
      },
    ],
  },
  {
    name: 'inspect',
    about: 'what each device gets',
    more: [],
    operands: [machine],
    examples: [
      { line: 'fwspec inspect board.dtb', about: 'devices, groups and findings of a devicetree' },
      {
        line: 'fwspec inspect - --json < IORT.bin',
        about: 'the same of an ACPI table, as a document',
      },
    ],
  },
  {
    name: 'explain',
    about: 'why: the chain from bytes of firmware to its group',
    more: [],
    operands: [
      machine,
      {
        name: 'device',
        about: deviceNames,
        words: 'any',
      },
    ],
    examples: [
      { line: `fwspec explain ${example} 0000:00:02.0`, about: 'a PCI function' },
      {
        line: 'fwspec explain live 0000:03:00.0 --full',
        about: 'one of this machine, with all steps',
      },
    ],
  },
  {
    name: 'groups',
    about: 'the IOMMU groups and why; whether a device can be passed through alone',
    more: [
      'A bridge does not count: it stays with its driver when the rest of its group goes to a guest.',
    ],
    operands: [machine, { name: 'device', about: deviceNames, words: 'any', optional: true }],
    examples: [
      {
        line: 'fwspec groups lspci.txt',
        about: 'the groups that ACS makes, of what sudo lspci -xxxx printed',
      },
      { line: 'fwspec groups live 03:00.0', about: 'can this one be passed through alone?' },
    ],
  },
  {
    name: 'lint',
    about: 'what is wrong in the firmware of many machines, for a build',
    more: [
      'A file that cannot be read is told, and the others are looked at; the exit code is 2 then. It is 1 where there is an error.',
    ],
    operands: [{ ...machine, many: true, optional: true }],
    examples: [
      { line: 'fwspec lint board.dtb', about: 'the findings of one devicetree' },
      { line: 'fwspec lint boards/*.dtb --json', about: 'of many, as a document' },
    ],
  },
  {
    name: 'explore',
    about: 'every interleaving of a scenario, for a built-in device or for --device of --machine',
    more: [
      `With --linux TREE the scenario is run in the C of that tree, compiled with clang, instead of the model: ${linuxScenarioNames.join(', ')}. The tree is configured in a folder of the cache, with its own .config if it has one, else by defconfig. Options of shape, --machine and --device say which device it is about: on platform, amba or pci, up to 16 IOMMUs and IDs; what the C cannot have is refused. docs/guide/linux.md tells what is by hand and what is not looked at.`,
    ],
    operands: [{ name: 'scenario', about: 'see fwspec list scenarios', words: 'scenario' }],
    examples: [
      { line: 'fwspec explore cover-letter', about: 'the race that the patch series is about' },
      {
        line: 'fwspec explore two-iommus --kernel v7.3 --driver apple-dart',
        about: 'a device with two IOMMUs, behind another driver',
      },
      {
        line: 'fwspec explore two-clients --functions 2 --driver arm-smmu',
        about: 'two functions of one slot, which share a group',
      },
      {
        line: 'fwspec explore partial-fwspec --kernel fwspec-v2+p05',
        about: 'the series with the mistake of patch 5 repaired',
      },
      {
        line: 'fwspec explore cover-letter --linux linux-6.1',
        about: 'the same race in the C of a kernel tree',
      },
      {
        line: 'fwspec explore cover-letter --format html > witness.html',
        about: 'the worst bug as a page',
      },
    ],
  },
  {
    name: 'c',
    about: 'every interleaving of a program in C with POSIX threads',
    more: [
      'Compiled with clang as it is written, not optimised. Known are threads of POSIX and C11 (mutexes, spin locks, locks for readers and writers, condition variables, semaphores, barriers, once, keys), thread-local variables, C11 atomics, malloc() and its like, and assert(). Everything atomic is sequentially consistent, also where a weaker order is asked for. A round of a loop that changes nothing is given up; other loops that have no end are an error.',
    ],
    operands: [
      {
        name: 'file',
        about: 'a file of C, or of LLVM IR as text (.ll); one of them has a main()',
        words: 'file',
        many: true,
      },
    ],
    examples: [
      { line: 'fwspec c examples/c/publish.c', about: 'a structure that is seen too early' },
      {
        line: 'fwspec c queue.c -D N=3 --ignore leak',
        about: 'one of several sizes, which leaves its memory behind',
      },
    ],
  },
  {
    name: 'judge',
    about: 'what patches to Linux bring and remove, by exploring its own C before and after',
    more: [
      'The patches are applied to copies of the files that they touch; these are compiled as the tree compiles them, and every order of events of the scenarios that run them is explored, before and after. The exit code is 1 where something is brought, and 3 where not everything could be looked at; what is found in half a search is sure, and what is not found there is not.',
      'A tree that has the patches already is taken back: before is the tree without them.',
    ],
    operands: [
      {
        name: 'patch',
        about:
          'an mbox, a .patch or .diff, a folder as b4 am or git format-patch writes it, commits of the tree as A..B, or - for standard input',
        words: 'file',
        many: true,
      },
    ],
    examples: [
      { line: 'fwspec judge 0001-fix.patch --linux linux', about: 'one patch to the tree linux/' },
      {
        line: 'b4 am -o - MESSAGE-ID | fwspec judge - --linux linux --each',
        about: 'a posted series, patch by patch',
      },
      {
        line: 'fwspec judge HEAD~1..HEAD --linux . --format mail > reply.eml',
        about: 'the last commit, as an answer for git send-email',
      },
    ],
  },
  {
    name: 'compare',
    about: 'kernels x scenarios (x IOMMU drivers with --drivers), one verdict each',
    more: [
      'Without options it prints the table that was stored with this version, docs/reference/verdicts.md, at once. Anything else is explored, which takes minutes for all; on a terminal it says beforehand how many.',
    ],
    operands: [],
    examples: [
      {
        line: 'fwspec compare --kernels v6.7-rc1,v7.3 --scenarios cover-letter,rebind',
        about: 'two kernels on two scenarios',
      },
      {
        line: 'fwspec compare --bisect --scenarios cover-letter',
        about: 'which patch of the series brings and which removes a bug',
      },
    ],
  },
  {
    name: 'replay',
    about: 'run one schedule again, byte for byte',
    more: [],
    operands: [{ name: 'token', about: 'what explore prints in the line "replay:"', words: 'any' }],
    examples: [
      { line: 'fwspec replay TOKEN --full', about: 'every step of a witness' },
      {
        line: 'fwspec replay TOKEN --format mermaid',
        about: 'a witness as a diagram for an issue',
      },
    ],
  },
  {
    name: 'verify',
    about: 'prediction against what the captured kernels decided',
    more: [],
    operands: [capture],
    examples: [
      {
        line: 'fwspec verify live',
        about: "whether this machine's kernel does what is predicted",
      },
      { line: 'fwspec verify captures/*', about: 'many captures, and what they come to' },
    ],
  },
  {
    name: 'capture',
    about: 'collect the firmware of this Linux machine and what its kernel decided',
    more: [],
    operands: [
      {
        name: 'directory',
        about: 'where to write it; not with --print-script',
        words: 'file',
        optional: true,
      },
    ],
    examples: [
      { line: 'sudo fwspec capture my-machine', about: 'everything that can be read as root' },
      {
        line: 'fwspec capture --print-script > capture.sh',
        about: 'a shell script for a board without Node.js',
      },
    ],
  },
  {
    name: 'page',
    about: 'the same to look at: a page in the browser, served to this machine only',
    more: [
      'Prints the address, and serves until Ctrl-C. The machine is read in the browser; nothing leaves this computer. The page is files only: dist/page works on any file server.',
    ],
    operands: [{ ...machine, optional: true }],
    examples: [
      { line: `fwspec page ${example}`, about: 'a machine as a picture, and why it is so' },
      { line: 'fwspec page --port 8080', about: 'with nothing open yet, at a port of your choice' },
    ],
  },
  {
    name: 'worker',
    about: 'do what others put into a queue: pieces of compare, check, verify and lint',
    more: [
      'It does what a fwspec of the very same version and model asks for, and refuses anything else. Ctrl-C ends it when what it has begun is finished; pieces of a worker that dies are done by others. With --patch it also does pieces with exactly that patch, which is never sent to it. bullmq and ioredis have to be installed beside fwspec: npm install bullmq@6 ioredis.',
    ],
    operands: [],
    examples: [
      {
        line: 'fwspec worker --queue redis://build1:6379',
        about: 'a worker; then elsewhere fwspec compare --fresh --queue redis://build1:6379',
      },
      {
        line: 'FWSPEC_QUEUE_PASSWORD=... fwspec worker --queue rediss://build1 --jobs 8',
        about: 'eight pieces at once, over TLS',
      },
    ],
  },
  {
    name: 'mcp',
    about: 'answer programs that ask, over the Model Context Protocol',
    more: [
      'The questions of inspect, explain, groups, lint, explore, replay and list are tools of a server on standard input and output; with --linux also judge. It reads in the directories that it is given and nowhere else, writes nothing and opens no connection. It needs the package @modelcontextprotocol/sdk; docs/guide/mcp.md tells how to register it.',
    ],
    operands: [
      {
        name: 'directory',
        about:
          'what may be read of; without one, clients have built-in scenarios and what they send',
        words: 'file',
        many: true,
        optional: true,
      },
    ],
    examples: [
      { line: 'fwspec mcp firmware/', about: 'for machines in one directory' },
      {
        line: 'fwspec mcp patches/ --linux linux --max-seconds 600',
        about: 'for patches to Linux, at most ten minutes each',
      },
    ],
  },
  {
    name: 'list',
    about: 'what the other commands can be asked about',
    more: [],
    operands: [
      {
        name: 'what',
        about: 'what is listed',
        words: ['kernels', 'scenarios', 'rules', 'drivers'],
      },
    ],
    examples: [
      { line: 'fwspec list kernels', about: 'what --kernel takes' },
      { line: 'fwspec list rules --json', about: 'the rules that findings come from' },
    ],
  },
  {
    name: 'completion',
    about: 'a script that makes a shell complete commands, options and names',
    more: [],
    operands: [{ name: 'shell', about: 'the shell it is for', words: ['bash', 'zsh', 'fish'] }],
    examples: [
      { line: 'source <(fwspec completion bash)', about: 'for this shell; in ~/.bashrc for all' },
      {
        line: 'fwspec completion fish > ~/.config/fish/completions/fwspec.fish',
        about: 'for fish',
      },
      { line: 'fwspec completion zsh > ~/.zfunc/_fwspec', about: 'for zsh, in a folder of fpath' },
    ],
  },
  {
    name: 'help',
    about: 'the commands, or the options and examples of one',
    more: [],
    operands: [
      { name: 'command', about: 'the command to explain', words: 'command', optional: true },
    ],
    examples: [
      { line: 'fwspec help explore', about: 'the same as fwspec explore --help' },
      { line: 'fwspec help --man | man -l -', about: 'everything, as a man page' },
    ],
  },
];
