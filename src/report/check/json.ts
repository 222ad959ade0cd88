import type { Inspection } from '../../machine/index.ts';
import {
  type ExploreDocument,
  exploreJson,
  findingOf,
  type Known,
} from '../explore/explore-json.ts';
import { type GroupedFinding, withNodes, worstFirst } from '../machine/findings.ts';
import { type InspectDocument, inspectJson } from '../machine/inspect.ts';
import {
  isComplete,
  type Judge,
  type KernelCause,
  type KernelRace,
  type KernelVerdict,
  type SearchLeft,
} from './verdict.ts';

export interface CheckDocument {
  readonly version: 1;
  readonly command: 'check';
  /** Every search was made, and to its end. */
  readonly complete: boolean;
  readonly firmware: {
    /** The worst severity of a finding; `ok` without any. */
    readonly verdict: 'ok' | 'note' | 'warning' | 'error';
    /** The worst first; what is said of several nodes alike once, with all of them. */
    readonly findings: readonly GroupedFinding[];
  };
  readonly kernel: {
    readonly name: string;
    readonly verdict: KernelVerdict['verdict'];
    /** There was nothing to explore: no bug was found because none was looked for. */
    readonly vacuous: boolean;
    readonly causes: readonly CheckCauseDocument[];
    readonly data_races: readonly KernelRace[];
    /** The searches that were cut short, and those that were not begun. */
    readonly cut_short: readonly SearchLeft[];
    readonly left: readonly SearchLeft[];
  };
  readonly inspect: InspectDocument;
  readonly shapes: readonly {
    readonly devices: readonly string[];
    readonly explore: ExploreDocument;
  }[];
}

export interface CheckCauseDocument
  extends Pick<KernelCause, 'id' | 'title' | 'sites' | 'preemptions' | 'pair' | 'token'> {
  readonly scenario: string;
  readonly status: Known['status'] | null;
  readonly reported: string;
  readonly kernels: Known['kernels'] | null;
  /** Where docs/findings.md tells about it. */
  readonly finding: string | null;
}

/** A check as the JSON document that `--json` prints. */
export function checkJson(
  inspection: Inspection,
  kernel: string,
  verdict: KernelVerdict,
  judge: Judge,
): CheckDocument {
  const { searches, left, nothing, dataRaces } = verdict;
  const cutShort = searches.filter((search) => !isComplete(search));
  const findings = worstFirst(withNodes(inspection.findings));
  return {
    version: 1,
    command: 'check',
    complete: left.length + cutShort.length === 0,
    firmware: { verdict: findings[0]?.severity ?? 'ok', findings },
    kernel: {
      name: kernel,
      verdict: verdict.verdict,
      vacuous: nothing !== null,
      causes: verdict.causes.map(causeJson),
      data_races: dataRaces,
      cut_short: cutShort.map(({ exploration, devices }) => ({
        scenario: exploration.scenario,
        devices,
      })),
      left: left.map(({ scenario, devices }) => ({ scenario, devices })),
    },
    inspect: inspectJson(inspection, kernel),
    shapes: searches.map((search) => ({
      devices: search.devices,
      explore: exploreJson(search.exploration, (cause) => judge(cause, search)),
    })),
  };
}

function causeJson(cause: KernelCause): CheckCauseDocument {
  const { id, title, sites, preemptions, pair, token, judgement, search } = cause;
  return {
    id,
    title,
    sites,
    preemptions,
    pair,
    status: judgement?.status ?? null,
    reported: judgement?.reported ?? '',
    kernels: judgement?.kernels ?? null,
    finding: findingOf(judgement),
    scenario: search.exploration.scenario,
    token,
  };
}
