// The script that keeps a copy of every file of the page in the browser, once the page is made.
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

export function offline(): Plugin {
  return {
    name: 'fwspec-offline',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const names = Object.keys(bundle).sort();
        const hash = createHash('sha256');
        for (const name of names) {
          const file = bundle[name];
          hash.update(name).update(file?.type === 'chunk' ? file.code : (file?.source ?? ''));
        }
        const source = script(hash.digest('hex').slice(0, 16), ['./', ...names]);
        this.emitFile({ type: 'asset', fileName: 'offline.js', source });
      },
    },
  };
}

/**
 * A page of the version before may be open still and load more of it: that copy stays until there is a third. Other
 * folders of the server have pages of their own.
 */
function script(version: string, files: readonly string[]): string {
  return `const ours = 'fwspec ' + registration.scope + ' ';
const version = ours + ${JSON.stringify(version)};
const files = ${JSON.stringify(files)};
addEventListener('install', (event) => {
  event.waitUntil(caches.open(version).then((cache) => cache.addAll(files)).then(() => skipWaiting()));
});
addEventListener('activate', (event) => {
  const older = (names) => names.filter((name) => name.startsWith(ours) && name !== version).slice(0, -1);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(older(names).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});
addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  event.respondWith(
    caches.open(version).then(async (cache) =>
      (await cache.match(event.request)) ?? (await caches.match(event.request)) ?? fetch(event.request)),
  );
});
`;
}
