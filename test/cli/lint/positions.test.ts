// Where a finding is in the sources of a devicetree: the file, the line and the column of what is wrong.
import { describe, expect, test } from 'vitest';
import { folderWith, found, type Sources } from './sources.ts';

const nodes = `/ {
	#address-cells = <1>;
	#size-cells = <1>;
	smmu: iommu@5000 {
		compatible = "arm,smmu-v3";
		reg = <0x5000 0x20000>;
		#iommu-cells = <1>;
	};
	dma: dma@1000 {
		compatible = "x,dma";
		reg = <0x1000 0x100>;
	};
};
`;

/** A board that gives the device this, in the fourth line. */
function board(include: string, iommus: string): string {
  return `/dts-v1/;\n${include}\n&dma {\n\t${iommus}\n};\n`;
}

const wrong = 'iommus = <&smmu 1>, /* < */\n\t\t <&smmu 2>,\n\t\t <0 3>;';

describe.each<[string, (file: string) => string]>([
  ['/include/', (file) => `/include/ "${file}"`],
  ['#include', (file) => `#include "${file}"`],
])('with %s', (_what, include) => {
  test.each<[string, Sources, string]>([
    [
      'an entry of a list over several lines has its own',
      { 'board.dts': board(include('soc.dtsi'), wrong), 'soc.dtsi': nodes },
      'board.dts:6:5',
    ],
    [
      'an entry behind another on its line has its own column',
      { 'board.dts': board(include('soc.dtsi'), 'iommus = <&smmu 1 0 3>;'), 'soc.dtsi': nodes },
      'board.dts:4:20',
    ],
    [
      'the first entry is where the property is',
      { 'board.dts': board(include('soc.dtsi'), 'iommus =\n\t<0 3>;'), 'soc.dtsi': nodes },
      'board.dts:4:2',
    ],
    [
      'an entry in an included file is there',
      {
        'board.dts': `/dts-v1/;\n\n\n${include('a/b.dtsi')}\n`,
        'a/b.dtsi': `${nodes}/* more */\n&dma {\n${wrong}\n};\n`,
      },
      'a/b.dtsi:18:5',
    ],
    [
      'a property that is given anew is where that is',
      {
        'board.dts': board(include('soc.dtsi'), wrong),
        'soc.dtsi': nodes.replace('0x100>;', '0x100>;\n\t\tiommus = <&smmu 9>;'),
      },
      'board.dts:6:5',
    ],
  ])('%s', async (_name, sources, place) => {
    const folder = folderWith(sources);
    const at = (await found(folder))
      .filter(({ rule }) => rule === 'iommus-zero-phandle')
      .map(({ file, line, column }) => `${file.slice(folder.length + 1)}:${line}:${column}`);
    expect(at).toEqual([place]);
  });
});

test('behind a macro for several cells, the property’s is what is known', async () => {
  const sources = board('#include "soc.dtsi"', 'iommus = <BOTH>, <0>;').replace(
    '&dma',
    '#define BOTH &smmu 1\n&dma',
  );
  const folder = folderWith({ 'board.dts': sources, 'soc.dtsi': nodes });
  const [finding] = (await found(folder)).filter(({ rule }) => rule === 'iommus-zero-phandle');
  expect(finding).toMatchObject({ line: 5, column: 2 });
});

test('a macro for one cell moves nothing', async () => {
  const sources = board('#include "soc.dtsi"', 'iommus = <&smmu A_LONG_NAME>, <0>;').replace(
    '&dma',
    '#define A_LONG_NAME 1\n&dma',
  );
  const folder = folderWith({ 'board.dts': sources, 'soc.dtsi': nodes });
  const [finding] = (await found(folder)).filter(({ rule }) => rule === 'iommus-zero-phandle');
  expect(finding).toMatchObject({ line: 5, column: 33 });
});
