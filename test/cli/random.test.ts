import { describe, expect, it } from 'vitest';
import type { SearchRequest } from '../../src/cli/search/request.ts';
import { search } from '../../src/cli/search/search.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { builtinShape, scenarioOf } from '../../src/scenarios/index.ts';

const request: SearchRequest = {
  scenario: 'cover-letter',
  shape: builtinShape(scenarioOf('cover-letter'), null),
  kernel: 'v6.7',
  patch: null,
  config: defaultKconfig,
  maxExecutions: 100_000_000,
  maxSeconds: null,
  ignore: [],
  histogram: false,
  crossCheck: false,
  random: { mode: 'uniform', seed: 1 },
  checkpoint: null,
  cover: false,
  explain: 'none',
  causes: false,
};

describe('random executions', () => {
  it('end when the time is over', async () => {
    const { outcome } = await search({ ...request, maxSeconds: 0 }, { requested: false }, () => {});
    expect(outcome.executions).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ complete: false, bounds: { executions: 100_000_000 } });
  });

  it('end when they are interrupted', async () => {
    const interruption = { requested: false };
    setTimeout(() => {
      interruption.requested = true;
    }, 1);
    const { outcome } = await search(request, interruption, () => {});
    expect(outcome.executions).toBeGreaterThan(0);
    expect(outcome.complete).toBe(false);
  });
});
