import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import { kconfigWords } from '../../../machine/index.ts';
import { nearestRelease } from '../../../series/index.ts';
import { serve } from '../../page/server.ts';
import { shownFor } from '../../page/shown.ts';
import { siteWith } from '../../page/site.ts';
import type { Command } from '../command.ts';

export const page: Command = {
  async run({ operands: [operand], kernel, asked, port }, console, interruption) {
    const shown = operand === undefined ? null : await shownFor(operand);
    const { url, close } = await serve(
      siteWith(shown?.files ?? null),
      randomBytes(12).toString('hex'),
      port ?? 0,
    );
    const shownAs = operand === 'live' ? (kernel ?? nearestRelease(release()).name) : kernel;
    const kconfig = kconfigWords(asked).join(',');
    const query = new URLSearchParams({
      from: 'given',
      ...(shown?.tree == null ? {} : { tree: String(shown.tree) }),
      ...(shownAs === null ? {} : { kernel: shownAs }),
      ...(asked.cmdline === null ? {} : { cmdline: asked.cmdline }),
      ...(kconfig === '' ? {} : { kconfig }),
    });
    const whole = shown === null ? url : `${url}#machine?${query}`;
    console.line(whole);
    console.note('open it in a browser of this machine; Ctrl-C ends it');
    await new Promise<void>((resolve) => {
      if (interruption.requested) resolve();
      interruption.onRequest = resolve;
    });
    close();
    return 0;
  },
};
