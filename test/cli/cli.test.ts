// The program as a child process. One file, so that there is one build; the tests run side by side.
import { beforeAll, vi } from 'vitest';
import { build } from './fwspec.ts';
import './bad-input.ts';
import './commands.ts';
import './compare.ts';
import './patch.ts';
import './terminal.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

beforeAll(build);
