// Files that are no description of a machine, by their first bytes, and what to do with each.

import { whereFrom } from './texts.ts';

export interface Binary {
  readonly starts: string;
  /** Where; at the beginning unless it says otherwise. */
  readonly at?: number;
  /** Whether padding may come before, in blocks of 4096 bytes. */
  readonly inAnyBlock?: boolean;
  readonly what: string;
  readonly hint: string | null;
}

const unpacked = (what: string, command: string): Pick<Binary, 'what' | 'hint'> => ({
  what: `a file packed by ${what}`,
  hint: `unpack it first: ${command}`,
});

const picture: Pick<Binary, 'what' | 'hint'> = {
  what: 'a picture',
  hint: 'bytes are needed, not how they look',
};

const kernel = `a kernel has no description of a machine, or one of many trees; ${whereFrom}`;

/** What is burnt into a machine. */
const image = `tables are made when it runs; ${whereFrom}`;

export const binaries: readonly Binary[] = [
  { starts: '\xfd7zXZ\0', ...unpacked('xz', 'xz -d FILE') },
  { starts: '\x28\xb5\x2f\xfd', ...unpacked('zstd', 'zstd -d FILE') },
  { starts: 'BZh', ...unpacked('bzip2', 'bzip2 -d FILE') },
  { starts: '\x04\x22\x4d\x18', ...unpacked('lz4', 'lz4 -d FILE') },
  { starts: '\x02\x21\x4c\x18', ...unpacked('lz4', 'lz4 -d FILE') },
  { starts: '\x5d\0\0', ...unpacked('lzma', 'xz --format=lzma -d < FILE > machine') },
  { starts: '\x89LZO\0', ...unpacked('lzop', 'lzop -d FILE') },
  { starts: '7z\xbc\xaf\x27\x1c', ...unpacked('7-Zip', '7z x FILE') },
  { starts: 'Rar!', ...unpacked('rar', 'unrar x FILE') },
  { starts: '!<arch>\n', ...unpacked('ar, such as a .deb', 'dpkg-deb -x FILE DIRECTORY') },
  { starts: '07070', ...unpacked('cpio, such as an initramfs', 'cpio -id < FILE') },
  { starts: '\xc7\x71', ...unpacked('cpio, such as an initramfs', 'cpio -id < FILE') },
  { starts: 'hsqs', ...unpacked('squashfs', 'unsquashfs FILE') },
  {
    starts: '\xd7\xb7\xab\x1e',
    what: 'an Android DT table',
    hint: 'take a tree out of it: mkdtboimg dump FILE -b machine.dtb',
  },
  {
    starts: 'QCDT',
    what: 'a table of Qualcomm’s trees',
    hint: 'take a tree out of it: dtbtool-split, or a number as in FILE#1',
  },
  {
    starts: 'ANDROID!',
    what: 'an Android boot image',
    hint: 'take it apart: unpack_bootimg --boot_img FILE --out DIRECTORY has a dtb, if it has one',
  },
  {
    starts: 'VNDRBOOT',
    what: 'an Android vendor_boot image',
    hint: 'take it apart: unpack_bootimg --boot_img FILE --out DIRECTORY has the dtb',
  },
  {
    starts: '\x27\x05\x19\x56',
    what: 'a U-Boot image',
    hint: 'take the tree out of it: dumpimage -p 0 -o machine.dtb FILE',
  },
  { starts: '\x7fELF', what: 'an ELF file, such as vmlinux or a core', hint: kernel },
  { starts: 'ARMd', at: 0x38, what: 'a kernel image of arm64', hint: kernel },
  { starts: '\x18\x28\x6f\x01', at: 0x24, what: 'a kernel image of Arm (zImage)', hint: kernel },
  { starts: 'HdrS', at: 0x202, what: 'a kernel image of x86', hint: kernel },
  {
    starts: 'MZ',
    what: 'an EFI or Windows program, such as a unified kernel image',
    hint: 'a tree may be in its section .dtb: objcopy -O binary -j .dtb FILE machine.dtb',
  },
  {
    starts: '_FVH',
    at: 0x28,
    inAnyBlock: true,
    what: 'UEFI firmware',
    hint: image,
  },
  {
    starts: '\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0',
    what: 'a capsule, which updates UEFI firmware',
    hint: image,
  },
  {
    starts: '\x5a\xa5\xf0\x0f',
    at: 0x10,
    what: 'an image of a BIOS',
    hint: image,
  },
  {
    starts: '_SM',
    what: 'SMBIOS data, as dmidecode reads it',
    hint: `it does not describe IOMMUs; ${whereFrom}`,
  },
  { starts: '\x89PNG', ...picture },
  { starts: '\xff\xd8\xff', ...picture },
  { starts: 'GIF8', ...picture },
  {
    starts: '%PDF',
    what: 'a PDF document',
    hint: 'give the bytes or the text that it was made from',
  },
  { starts: 'SQLite format 3\0', what: 'a database of SQLite', hint: whereFrom },
];
