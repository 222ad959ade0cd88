import type { LintFinding } from '../../../src/report/index.ts';

/** A finding, and what is other about it. */
export function found(more: Partial<LintFinding> = {}): LintFinding {
  return {
    rule: 'iommus-short',
    severity: 'error',
    file: 'a.dtb',
    node: '/dma@1000',
    property: 'iommus',
    offset: 0x78,
    message: 'expected 1 cells, found 0',
    help: 'write as many cells as #iommu-cells says',
    page: 'docs/reference/rules/iommus/iommus-short.md',
    ...more,
  };
}
