// A machine's /sys and /proc, as far as a capture shows them, in a folder.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { scratch } from './fwspec.ts';

interface Answers {
  readonly kernel: string;
  readonly arch: string;
  readonly cmdline: string;
  readonly guest_uptime_at_final: string;
  readonly modules_loaded: readonly string[];
  readonly groups: Readonly<Record<string, { readonly type: string }>>;
  readonly iommus: Readonly<Record<string, { readonly path: string }>>;
  readonly deferred: readonly { readonly device: string; readonly reason?: string }[];
  readonly steps: readonly string[];
  readonly devices: readonly {
    readonly name: string;
    readonly bus: string;
    readonly path: string;
    readonly driver?: string;
    readonly of_node?: string;
    readonly acpi_path?: string;
    readonly iommu?: string;
    readonly group?: string;
  }[];
}

/** The folder to give as `FWSPEC_SYSROOT`. */
export function fakeMachine(from: string): string {
  const answers: Answers = JSON.parse(readFileSync(join(from, 'expected.json'), 'utf8'));
  const fake = new FakeTree(scratch());
  fake.write('proc/sys/kernel/osrelease', `${answers.kernel}\n`);
  fake.write('proc/sys/kernel/arch', `${answers.arch === 'arm64' ? 'aarch64' : answers.arch}\n`);
  fake.write('proc/cmdline', `${answers.cmdline}\n`);
  fake.write('proc/uptime', `${answers.guest_uptime_at_final} 1.00\n`);
  const modules = answers.modules_loaded.map((line) => line.replace(/^ok /, '')).reverse();
  fake.write('proc/modules', modules.map((name) => `${name} 16384 0 - Live 0x0\n`).join(''));
  // What was to be loaded and is no module is part of the kernel.
  for (const step of answers.steps) {
    const [, name] = /^\S+ load (\S+)$/.exec(step) ?? [];
    if (name !== undefined && !modules.includes(name))
      fake.folder(`sys/bus/pci/drivers/${name.replaceAll('_', '-')}`);
  }
  fake.write(
    'sys/kernel/debug/devices_deferred',
    answers.deferred.map(({ device, reason = '' }) => `${device}\t${reason}\n`).join(''),
  );
  for (const [id, { type }] of Object.entries(answers.groups))
    fake.write(`sys/kernel/iommu_groups/${id}/type`, `${type}\n`);
  for (const [name, { path }] of Object.entries(answers.iommus)) {
    fake.folder(`sys/${path}`);
    fake.link(`sys/class/iommu/${name}`, `sys/${path}`);
  }
  for (const device of answers.devices) addDevice(fake, device, answers);
  for (const [name, bytes] of filesIn(join(from, 'acpi')))
    fake.write(`sys/firmware/acpi/tables/${name}`, bytes);
  for (const [name, bytes] of filesIn(join(from, 'pci'))) {
    // Captures leave out zeros at the end.
    const config = new Uint8Array(bytes.length > 256 ? 4096 : 256);
    config.set(bytes);
    fake.write(`sys/bus/pci/devices/${name}/config`, config);
  }
  if (existsSync(join(from, 'machine.dtb')))
    copyFileSync(join(from, 'machine.dtb'), fake.path('sys/firmware/fdt'));
  return fake.root;
}

function addDevice(
  fake: FakeTree,
  { name, bus, path, driver, of_node, acpi_path, iommu, group }: Answers['devices'][number],
  { iommus }: Answers,
): void {
  const at = `sys/${path}`;
  fake.folder(at);
  fake.link(`sys/bus/${bus}/devices/${name}`, at);
  if (driver !== undefined) fake.linkToFolder(`${at}/driver`, `sys/bus/${bus}/drivers/${driver}`);
  if (of_node !== undefined)
    fake.linkToFolder(`${at}/of_node`, `sys/firmware/devicetree/base${of_node}`);
  if (acpi_path !== undefined) {
    const object = `sys/devices/LNXSYSTM:00/${name}`;
    fake.write(`${object}/path`, `${acpi_path}\n`);
    fake.link(`${at}/firmware_node`, object);
  }
  if (iommu !== undefined) fake.link(`${at}/iommu`, `sys/${iommus[iommu]?.path}`);
  if (group !== undefined) {
    fake.link(`${at}/iommu_group`, `sys/kernel/iommu_groups/${group}`);
    fake.link(`sys/kernel/iommu_groups/${group}/devices/${name}`, at);
  }
}

function filesIn(folder: string): [name: string, bytes: Uint8Array][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => [
    file.replace(/\.bin$/, ''),
    readFileSync(join(folder, file)),
  ]);
}

/** Files, folders and links below a folder, made with what is above them. */
export class FakeTree {
  readonly root: string;

  constructor(folder: string) {
    this.root = folder;
  }

  /** Where something is to be; what it is to be in is there. */
  path(name: string): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  folder(name: string): void {
    mkdirSync(join(this.root, name), { recursive: true });
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  /** Relative, as links in sysfs are. */
  link(name: string, to: string): void {
    symlinkSync(relative(dirname(name), to), this.path(name));
  }

  linkToFolder(name: string, to: string): void {
    this.folder(to);
    this.link(name, to);
  }
}
