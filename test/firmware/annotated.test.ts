import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineOf, parseAnnotated } from '../../src/firmware/index.ts';

// What dtc 1.6.1 prints of a source with an /include/, a label and a later part of the same node.
const annotated = `/dts-v1/;

/ { /* board.dts:2 */
	#address-cells = <0x01>; /* board.dts:3 */
	model = "board } { /* x.dts:99 */"; /* board.dts:4 */

	smmu: iommu@5000 { /* soc.dtsi:1 */
		#iommu-cells = <0x01>; /* soc.dtsi:4 */
		phandle = <0x01>;
	}; /* soc.dtsi:5 */

	soc { /* board.dts:6 */
		ranges; /* board.dts:7 */

		usb_host: usb0: usb@1000 { /* board.dts:8, board.dts:16 */
			iommus = <0x01 0x01>; /* board.dts:12 */
			status = "okay"; /* board.dts:16 */
		}; /* board.dts:13, board.dts:16 */
	}; /* board.dts:14 */

	__symbols__ {
		smmu = "/iommu@5000";
	};
}; /* board.dts:15 */
`;

test.each([
  ['/', null, 'board.dts', 2],
  ['/', 'model', 'board.dts', 4],
  ['/iommu@5000', '#iommu-cells', 'soc.dtsi', 4],
  ['/soc', 'ranges', 'board.dts', 7],
  ['/soc/usb@1000', null, 'board.dts', 8],
  ['/soc/usb@1000', 'iommus', 'board.dts', 12],
  ['/soc/usb@1000', 'status', 'board.dts', 16],
  // What is missing is missing in the node; what the compiler made is in no source of its own.
  ['/soc/usb@1000', 'dma-coherent', 'board.dts', 8],
  ['/iommu@5000', 'phandle', 'soc.dtsi', 1],
])('%s %s is in %s:%i', (path, property, file, line) => {
  expect(lineOf(parseAnnotated(annotated), path, property)).toEqual({ file, line });
});

test('of what no source has, nothing is known', () => {
  const lines = parseAnnotated(annotated);
  expect(lineOf(lines, '/__symbols__', 'smmu')).toBeNull();
  expect(lineOf(lines, '/nothing', null)).toBeNull();
});

test('labels lead to paths', () => {
  expect([...parseAnnotated(annotated).labels]).toEqual([
    ['smmu', '/iommu@5000'],
    ['usb_host', '/soc/usb@1000'],
    ['usb0', '/soc/usb@1000'],
  ]);
});

test('any text is read, and every line is one that it names', () => {
  const part = fc.constantFrom(
    '/ {',
    'a {',
    '};',
    ' /* f:1 */',
    'p = "x";',
    '\n',
    '"',
    ': ',
    '/* */',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const { nodes, properties } = parseAnnotated(parts.join(''));
      for (const { file, line } of [...nodes.values(), ...properties.values()])
        expect(`${file}:${line}`).toMatch(/f:1$/);
    }),
  );
});

test('asked twice, dtc tells columns: those of properties count, a node begins at its brace', () => {
  const { nodes, properties } = parseAnnotated(`/ { /* board.dts:2:3-8:3 */
	dma@2000 { /* board.dts:5:11-7:17, board.dts:9:6-9:20 */
		iommus = <0x01 0x01>; /* board.dts:6:3-7:14, soc.dtsi:1:1-1:9 */
		phandle = <0x01>; /* <no-file>:<no-line> */
	}; /* board.dts:5:11-7:17 */
}; /* board.dts:2:3-8:3 */
`);
  expect(nodes.get('/dma@2000')).toEqual({ file: 'board.dts', line: 5 });
  expect([...properties.values()]).toEqual([{ file: 'board.dts', line: 6, column: 3 }]);
});
