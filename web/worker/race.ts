// Explores, replays and plays, away from the page so that the page stays fluid.
import { expose } from 'comlink';
import type { Format } from '../../src/report/index.ts';
import { scenarios, shapeDrivers, unfit } from '../../src/scenarios/index.ts';
import { kernels, threadKernel } from '../../src/series/index.ts';
import { UsageError } from '../../src/util/index.ts';
import { type Move, played, type ShownPlay } from './races/played.ts';
import { type Found, type Progress, RaceSearch } from './races/search.ts';
import { type AskedRace, type DeviceShape, replayable } from './races/subject.ts';
import { type ShownWitness, savedWitness, witness } from './races/witness.ts';
import { type Said, said } from './said.ts';

/** Something that can be chosen. */
export interface Choosable {
  readonly name: string;
  readonly about: string;
  /** Why it cannot be; null where it can. */
  readonly unfit: string | null;
}

export interface Lists {
  readonly scenarios: readonly Choosable[];
  readonly kernels: readonly Choosable[];
  readonly drivers: readonly string[];
  /** The kernel where nobody names one. */
  readonly kernel: string;
}

class Races {
  #search: RaceSearch | null = null;

  /** What there is to choose from, for a device of a machine or a built-in one. */
  lists(device: DeviceShape | null): Lists {
    return {
      scenarios: scenarios.map((scenario) => ({
        name: scenario.name,
        about: scenario.about,
        unfit: device === null ? null : unfit(scenario, device.shape),
      })),
      kernels: kernels.map(({ design, about }) => ({ name: design.name, about, unfit: null })),
      drivers: shapeDrivers,
      kernel: threadKernel,
    };
  }

  /** The device that a token is about. */
  deviceOf(token: string): Promise<Said<DeviceShape>> {
    return said(() => {
      const { subject, what } = replayable(token);
      return { name: subject.device, shape: what.shape, config: what.config };
    });
  }

  /** Begin a search; one that was under way is over. */
  begin(asked: AskedRace): Promise<Said<null>> {
    return said(() => {
      this.#search = null;
      this.#search = new RaceSearch(asked);
      return null;
    });
  }

  /** Go on with the search for about so many milliseconds. */
  run(ms: number): Promise<Said<Progress>> {
    return said(() => this.#begun().run(ms));
  }

  /** What it has found so far; at once, or with what the bugs hang on. */
  found(withCauses: boolean): Promise<Said<Found>> {
    return said(() => this.#begun().found(withCauses));
  }

  witness(token: string): Promise<Said<ShownWitness>> {
    return said(() => witness(token));
  }

  play(token: string, move: Move): Promise<Said<ShownPlay>> {
    return said(() => played(token, move));
  }

  saved(token: string, format: Exclude<Format, 'text'>): Promise<Said<string>> {
    return said(() => savedWitness(token, format));
  }

  #begun(): RaceSearch {
    if (this.#search === null) throw new UsageError('web/no-search', 'no search has begun');
    return this.#search;
  }
}

export type RaceApi = Races;

expose(new Races());
