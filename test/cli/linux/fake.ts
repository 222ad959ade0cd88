// A tree that answers as one of Linux does, with C of its own, and the tools that it is built with.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratch } from '../fwspec.ts';

const found = spawnSync('sh', ['-c', 'command -v clang-14'], { encoding: 'utf8' });

/** The compiler that the tests take; empty where there is none. */
export const clang: string = found.stdout.trim();

const makefile = `VERSION = 9
PATCHLEVEL = 8
SUBLEVEL = 7
EXTRAVERSION =

ifneq ($(wildcard $(CURDIR)/.config $(CURDIR)/include/config $(CURDIR)/scripts/fix),)
$(error *** The source tree is not clean, please run 'make mrproper')
endif

flags = -nostdinc -I$(CURDIR)/include -I./include --target=aarch64-linux-gnu -O2 $(KCFLAGS)

defconfig:
	echo '# Linux/$(ARCH) 9.8.7 Kernel Configuration' > $(O)/.config
olddefconfig:
	echo CONFIG_OLD=y >> $(O)/.config
prepare:
	mkdir -p $(O)/include/generated
	sed 's/^CONFIG_\\([A-Z_]*\\)=y/#define \\1 1/; s/^# .*//' $(O)/.config > $(O)/include/generated/autoconf.h
	echo prepared >> $(O)/../../../prepared
%.ll: FORCE
	test ! -e $*.broken
	mkdir -p $(O)/$(dir $@)
	echo 'savedcmd_$@ := clang$(LLVM) -Wp,-MMD,$(dir $@).x.d $(flags) -DNAME='"'"'"$(notdir $*)"'"'"' -emit-llvm -S -o $@ $(CURDIR)/$*.c' > $(O)/$(dir $@).$(notdir $@).cmd
FORCE:
`;

const files = {
  Makefile: makefile,
  'include/linux/count.h': '#define STEP 1\n',
  'drivers/one/one.h': '#define ONE 1\n',
  'drivers/one/one.c': `#include <linux/count.h>
#include <generated/autoconf.h>
#include "one.h"
#include "../two/two.h"

int count;

/* Nobody needs what is read the second time. */
int twice(int *of)
{
	int first = *of;
	return first + *of;
}

const char *name(void)
{
	return NAME;
}

void one(void)
{
	count += STEP * ONE * TWO;
}
`,
  'drivers/two/two.h': '#define TWO 2\n',
  'drivers/two/two.c': `#include "two.h"
int two(void)
{
	return TWO;
}
`,
};

export type Files = Readonly<Record<string, string>>;

/** Files in a folder. */
export function put(folder: string, written: Files): string {
  for (const [name, text] of Object.entries(written)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The tree, with these files besides or instead. */
export function fakeTree(changed: Files = {}): string {
  return put(scratch(), { ...files, ...changed });
}

/** What a build within the tree leaves there. */
export const builtIn: Files = {
  '.config': '# Linux/arm64 9.8.7 Kernel Configuration\nCONFIG_OWN=y\n',
  'include/config/auto.conf': 'CONFIG_OWN=y\n',
  'include/generated/autoconf.h': '#error that of the tree\n',
  'drivers/one/.one.o.cmd': 'savedcmd_drivers/one/one.o := gcc\n',
  'drivers/one/one.o': 'an object\n',
  'scripts/.fix.cmd': 'savedcmd_scripts/fix := gcc\n',
  'scripts/fix': 'a program\n',
};

/** A folder with programs, and a file with a line for each call of the compiler. */
export interface Tools {
  readonly folder: string;
  calls(): string[];
}

/** The tools of a version of clang; the compiler is the real one, which is asked who it is. */
export function fakeTools(version = 14, without: readonly string[] = []): Tools {
  const folder = scratch();
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const script = (name: string, lines: string): void => {
    if (without.includes(name)) return;
    writeFileSync(join(folder, `${name}-${version}`), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(folder, `${name}-${version}`), 0o755);
  };
  const says = version === 14 ? `exec ${clang} "$@"` : `echo clang version ${version}.0.1`;
  script(
    'clang',
    `case "$*" in --version) ${says};; *) echo "$*" >> ${log}; exec ${clang} "$@";; esac`,
  );
  for (const name of ['ld.lld', 'llvm-objcopy', 'llvm-nm', 'llvm-ar']) script(name, 'exit 0');
  const opt = 'for last; do :; done; sed "s/^define/; merged\\ndefine/" -i "$last"';
  script('opt', opt);
  const calls = (): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return { folder, calls };
}
