import { mutex_lock, mutex_unlock, read, type Task, write } from '../../explore/index.ts';
import { base, type device, type kernel, type Patch } from '../../linux/index.ts';

// Of 2026, and soon in all stable branches: 6.1.192, 6.12.117 and 7.3.4 have it, releases of before do not.

/** @linux include/linux/device.h dev_set_ready_to_probe */
function* dev_set_ready_to_probe(_k: kernel, { ready_to_probe, mutex }: device): Task {
  if (ready_to_probe === null) return;
  yield* mutex_lock(mutex);
  yield* write(ready_to_probe, true);
  yield* mutex_unlock(mutex);
}

/** @linux include/linux/device.h dev_ready_to_probe */
function* dev_ready_to_probe(_k: kernel, { ready_to_probe }: device): Task<boolean> {
  return ready_to_probe === null || (yield* read(ready_to_probe));
}

export const readyToProbe: Patch = {
  subject: "driver core: Don't let a device probe until it's ready", // a2225b6e834a
  replaces: { dev_set_ready_to_probe, dev_ready_to_probe },
};

export const notYetReady: Patch = {
  subject: 'what came back to v6.12 is not in v6.15: drivers are offered what is being added',
  replaces: {
    dev_set_ready_to_probe: base.functions.dev_set_ready_to_probe,
    dev_ready_to_probe: base.functions.dev_ready_to_probe,
  },
};
