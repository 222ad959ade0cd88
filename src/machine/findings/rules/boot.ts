import { block } from './devicetree/trees.ts';
import type { Rule } from './rule.ts';

/** A device with two IDs, the second of them at one of two IOMMUs. */
function codecBehind(other: 'first' | 'second'): string {
  const iommu = (label: string, at: string): string =>
    block(
      `${label}: iommu@${at}`,
      'compatible = "qcom,msm-iommu-v1";',
      `reg = <0 0x${at} 0 0x1000>;`,
      '#iommu-cells = <1>;',
    );
  const codec = block(
    'codec@9000',
    'compatible = "qcom,msm8916-venus";',
    'reg = <0 0x9000 0 0x1000>;',
    `iommus = <&first 4>, <&${other} 5>;`,
  );
  const below = [iommu('first', '1000'), iommu('second', '2000'), codec].join('').split('\n');
  const bus = [
    'compatible = "simple-bus";',
    '#address-cells = <2>;',
    '#size-cells = <2>;',
    'ranges;',
  ];
  return block('soc', ...bus, ...below.filter((line) => line !== ''));
}

/** Rules about booting, with any kind of firmware. */
export const bootRules: readonly Rule[] = [
  {
    name: 'kernel-crash',
    severity: 'error',
    about: 'booting with this description does not crash the kernel',
    linux:
      'The boot ends in a panic: a BUG, or a pointer that leads nowhere. What of the table leads there is in the finding.',
    fix: 'Mend the table, and report the kernel: no firmware should end its boot.',
    example: {
      base: 'acpi-devices',
      edits: [{ in: 'DMAR', at: 0x7d, size: 1, field: 'device_number', bad: 1, good: 2 }],
    },
  },
  {
    name: 'kernel-hang',
    severity: 'error',
    about: 'kernels come to the end of every table',
    linux:
      'The kernel reads the same bytes for ever, early in the boot, and never comes to an end.',
    fix: 'Give every structure, scope and entry a length.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x41, size: 1, field: 'length', bad: 0, good: 8 }],
    },
  },
  {
    name: 'kernel-warning',
    severity: 'warning',
    about: 'booting with this description gives no kernel warning',
    linux:
      'The kernel prints a stack trace, "WARNING: CPU: 0 PID: 1 at ...", and goes on; with panic_on_warn it ends there.',
    fix: 'Mend what the message names; another finding may say more.',
    example: { bad: codecBehind('second'), good: codecBehind('first') },
  },
];
