import { afterEach, describe, expect, test, vi } from 'vitest';

const system = vi.hoisted(() => ({ home: '' as string | null, user: '' as string | null }));

function told(folder: string | null): string {
  if (folder === null) throw new Error('uv_os_homedir returned ENOENT');
  return folder;
}

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  homedir: () => told(system.home),
  userInfo: () => ({ homedir: told(system.user) }),
}));

// A test before this one, in the same process, may have loaded it with the system's own.
vi.resetModules();
const { storeFolder } = await import('../../../src/cli/linux/store.ts');

afterEach(() => vi.unstubAllEnvs());

describe('compiled files are kept', () => {
  test.each<[string, string, string | null, string | null, string]>([
    ['where XDG_CACHE_HOME says', '/cache', '/home', '/user', '/cache'],
    [
      'in the home directory where it is no absolute path',
      'cache',
      '/home',
      '/user',
      '/home/.cache',
    ],
    ['in that of the user where HOME is empty', '', '', '/user', '/user/.cache'],
    ['in that of the user where HOME is no absolute path', '', 'home', '/user', '/user/.cache'],
  ])('%s', (_where, cache, home, user, folder) => {
    vi.stubEnv('XDG_CACHE_HOME', cache);
    Object.assign(system, { home, user });
    expect(storeFolder()).toBe(`${folder}/fwspec/linux`);
  });

  test.each([
    ['that the system does not know', null, null],
    ['without a home', '', ''],
  ])('nowhere for a user %s, which is said in one line', (_who, home, user) => {
    vi.stubEnv('XDG_CACHE_HOME', '');
    Object.assign(system, { home, user });
    expect(storeFolder).toThrow(
      'there is no home directory to keep compiled files in: name a folder in XDG_CACHE_HOME',
    );
  });
});
