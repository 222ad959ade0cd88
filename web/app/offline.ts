// After the first touch the page fetches the rest of itself, so that it goes on without a network: not
// earlier, as who only looks should not pay for it.

/** In the built page, the script that keeps a copy of every file of it in the browser. */
const worker = './offline.js';

export function offline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const begin = (): void => {
    for (const event of events) removeEventListener(event, begin);
    // Only over https and on localhost; elsewhere the browser's own cache has to do.
    navigator.serviceWorker.register(worker).catch(() => {});
  };
  for (const event of events) addEventListener(event, begin);
}

const events = ['pointerdown', 'keydown', 'drop'] as const;
