// Patterns for the fields of groups beyond the eighth, so that no two that look alike are near each other.

import { svg } from '../../app/dom.ts';

export function patterns(): SVGDefsElement {
  return svg(
    'defs',
    {},
    svg(
      'pattern',
      { id: 'pattern-1', width: 10, height: 10, patternUnits: 'userSpaceOnUse' },
      svg('path', { d: 'M-2 12L12 -2M-2 2L2 -2M8 12L12 8', class: 'stroke' }),
    ),
    svg(
      'pattern',
      { id: 'pattern-2', width: 9, height: 9, patternUnits: 'userSpaceOnUse' },
      svg('circle', { cx: 4.5, cy: 4.5, r: 1.4, class: 'dot' }),
    ),
  );
}
