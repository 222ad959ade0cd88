// The last step of the build: what needs another package is bundled with it, so that nothing has to
// be installed beside fwspec, and the program is made executable.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { root } from './prepare.mjs';

const bundle = await rolldown({ input: `${root}dist/cli/kernel/patch-hooks.js`, platform: 'node' });
const { output } = await bundle.write({
  file: `${root}dist/vendor/patch-hooks.js`,
  format: 'esm',
  minify: true,
});
writeFileSync(`${root}dist/vendor/LICENSES`, licences(output[0].moduleIds));
chmodSync(`${root}dist/cli/main.js`, 0o755);

/** The licences of the packages that these modules are from. */
function licences(modules) {
  const inside = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;
  const folders = new Set(modules.flatMap((path) => inside.exec(path) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
      return `${name} ${version}\n\n${licenceIn(folder)}`;
    })
    .join('\n');
}

function licenceIn(folder) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt'])
    if (existsSync(folder + name)) return readFileSync(folder + name, 'utf8');
  throw new Error(`${folder} has no licence`);
}
