// The program as a child process. One file, so that there is one build; the tests run side by side.
import { beforeAll } from 'vitest';
import { build } from '../fwspec.ts';
import './bad-input.ts';
import './c.ts';
import './commands.ts';
import './faults.ts';
import './judge.ts';
import './lint.ts';

beforeAll(build);
