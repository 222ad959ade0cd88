// What the driver of an SMMU reads in its node before it touches registers.

import { type FdtNode, propertyOf, stringsOf, u32Of } from '../../../../firmware/index.ts';
import {
  interruptsOf,
  registerBytesOf,
  smmuInterruptsOf,
  smmuV3RegisterBytes,
} from '../../../../linux/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import { type Judged, offsetOf } from '../../judged.ts';

/** Rules about the nodes of SMMUs. */
export function smmuNodeFindings(judged: Judged): Finding[] {
  return [...judged.enabled].flatMap((node) => {
    const driver = judged.driverOf(node)?.name;
    if (driver === 'arm-smmu-v3')
      return [
        ...(judged.namedWithoutCells.has(node) ? [] : cellsOfSmmu3(node)),
        ...registersOfSmmu3(node),
        ...interruptsOfSmmu3(judged, node),
      ];
    return driver === 'arm-smmu' ? interruptsOfSmmu2(judged, node) : [];
  });
}

function cellsOfSmmu3(node: FdtNode): Finding[] {
  const cells = u32Of(node, '#iommu-cells');
  if (cells === 1) return [];
  return [
    {
      ...at(node, '#iommu-cells'),
      rule: 'smmu3-cells',
      severity: 'error',
      message: `an SMMUv3 has #iommu-cells = <1>, this one ${cells === null ? 'none' : `<${cells}>`}: newer kernels do not probe it`,
      help: 'write #iommu-cells = <1>, and one cell after its phandle',
    },
  ];
}

function registersOfSmmu3(node: FdtNode): Finding[] {
  const bytes = registerBytesOf(node);
  const wanted = smmuV3RegisterBytes(node);
  if (bytes === null || bytes >= wanted) return [];
  return [
    {
      ...at(node, 'reg'),
      rule: 'smmu3-reg-size',
      severity: 'error',
      message: `its registers are ${hex(wanted)} bytes, reg gives it ${hex(bytes)}: its driver does not probe it`,
      help: `write a size of ${hex(wanted)} in reg`,
    },
  ];
}

const combined = 'combined';
const needed = ['eventq', 'gerror'];
const names = [...needed, 'priq', 'cmdq-sync', combined];

/** They are found by their names. Without any there is nothing to find. */
function interruptsOfSmmu3({ boot }: Judged, node: FdtNode): Finding[] {
  const list = ['interrupts-extended', 'interrupts'].find((name) => propertyOf(node, name));
  if (list === undefined) return [];
  const given = stringsOf(node, 'interrupt-names');
  const count = interruptsOf(boot.k, node);
  const unknown = given.filter((name) => !names.includes(name));
  const missing = given.includes(combined) ? [] : needed.filter((name) => !given.includes(name));
  const [wrong, lost] =
    given.length === 0
      ? ['its interrupts have no names', 'none is found']
      : unknown.length > 0
        ? [`no interrupt of an SMMUv3 is called ${unknown.join(', ')}`, 'it is not found']
        : missing.length > 0
          ? [`no interrupt is called ${missing.join(', ')}`, 'what it would tell is lost']
          : [`${given.length} names are for ${count} interrupts`, 'one is not found'];
  const isRight = unknown.length + missing.length === 0 && given.length === count;
  if (isRight && given.length > 0) return [];
  return [
    {
      ...at(node, given.length === 0 ? list : 'interrupt-names'),
      rule: 'smmu3-irq-names',
      severity: 'warning',
      message: `${wrong}: ${lost}`,
      help: 'name each interrupt: combined alone, or eventq, gerror, and those of priq and cmdq-sync that there are',
    },
  ];
}

function interruptsOfSmmu2({ boot }: Judged, node: FdtNode): Finding[] {
  const found = smmuInterruptsOf(boot.k, node);
  if (found === null) {
    return [
      {
        node: node.path,
        property: null,
        offset: node.offset,
        rule: 'smmu2-global-irq',
        severity: 'error',
        message: 'it has no #global-interrupts: its driver does not probe it',
        help: 'write #global-interrupts, the count of interrupts that are no context bank’s',
      },
    ];
  }
  const { irqs, global_irqs } = found;
  if (irqs > global_irqs) return [];
  return [
    {
      ...at(node, propertyOf(node, 'interrupts-extended') ? 'interrupts-extended' : 'interrupts'),
      rule: 'smmu2-context-irq',
      severity: 'error',
      message: `it has ${irqs} interrupts, and #global-interrupts is ${global_irqs}: none is left for a context bank, and its driver does not probe it`,
      help: 'list the interrupts of the context banks behind the global ones, or correct #global-interrupts',
    },
  ];
}

function at(node: FdtNode, property: string): Pick<Finding, 'node' | 'property' | 'offset'> {
  return propertyOf(node, property) === undefined
    ? { node: node.path, property: null, offset: node.offset }
    : { node: node.path, property, offset: offsetOf(node, property) };
}
