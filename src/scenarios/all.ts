import { hintFor, UsageError } from '../util/index.ts';
import { addBind } from './arriving/add-bind.ts';
import { bindIort } from './arriving/bind-iort.ts';
import { bindViot } from './arriving/bind-viot.ts';
import { coverLetter } from './arriving/cover-letter.ts';
import { hotplug } from './arriving/hotplug.ts';
import { partialFwspec } from './arriving/partial-fwspec.ts';
import { twoClients } from './arriving/two-clients.ts';
import { twoIommus } from './arriving/two-iommus.ts';
import { twoRegistrations } from './arriving/two-registrations.ts';
import { deferralTimeout } from './failing/deferral-timeout.ts';
import { deferredWork } from './failing/deferred-work.ts';
import { failedRegistration } from './failing/failed-registration.ts';
import { noMemory } from './failing/no-memory.ts';
import { probeDefers } from './failing/probe-defers.ts';
import { refusedClient } from './failing/refused-client.ts';
import { secondConfigure } from './failing/second-configure.ts';
import { rebind } from './leaving/rebind.ts';
import { rebindRemove } from './leaving/rebind-remove.ts';
import { reload } from './leaving/reload.ts';
import { removeAdd } from './leaving/remove-add.ts';
import { removeDevice } from './leaving/remove-device.ts';
import { unload } from './leaving/unload.ts';
import type { Scenario } from './scenario.ts';

/** Every built-in scenario. */
export const scenarios: readonly Scenario[] = [
  coverLetter,
  partialFwspec,
  twoIommus,
  bindIort,
  bindViot,
  twoClients,
  twoRegistrations,
  hotplug,
  addBind,
  rebind,
  rebindRemove,
  secondConfigure,
  probeDefers,
  deferredWork,
  deferralTimeout,
  removeDevice,
  removeAdd,
  unload,
  reload,
  refusedClient,
  failedRegistration,
  noMemory,
];

/**
 * The scenario of that name.
 *
 * @throws UsageError when there is none
 */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = scenarios.map((scenario) => scenario.name);
  const hint = hintFor(name, names, 'known scenarios');
  throw new UsageError('cli/unknown-scenario', `unknown scenario "${name}"`, hint);
}
