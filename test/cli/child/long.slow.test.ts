// The program as a child process, where it has much to do: what pages show, comparisons, patches, and
// every command at every width.
import { beforeAll } from 'vitest';
import { build } from '../fwspec.ts';
import './check.ts';
import './compare.ts';
import './pages.ts';
import './patch.ts';
import './terminal.ts';
import './width.ts';

beforeAll(build);
