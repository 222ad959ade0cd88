import { hintFor, UsageError } from '../util/index.ts';
import { addBind } from './add-bind.ts';
import { bindIort } from './bind-iort.ts';
import { bindViot } from './bind-viot.ts';
import { coverLetter } from './cover-letter.ts';
import { deferralTimeout } from './deferral-timeout.ts';
import { deferredWork } from './deferred-work.ts';
import { failedRegistration } from './failed-registration.ts';
import { hotplug } from './hotplug.ts';
import { noMemory } from './no-memory.ts';
import { partialFwspec } from './partial-fwspec.ts';
import { probeDefers } from './probe-defers.ts';
import { rebind } from './rebind.ts';
import { rebindRemove } from './rebind-remove.ts';
import { refusedClient } from './refused-client.ts';
import { reload } from './reload.ts';
import { removeAdd } from './remove-add.ts';
import { removeDevice } from './remove-device.ts';
import type { Scenario } from './scenario.ts';
import { secondConfigure } from './second-configure.ts';
import { twoClients } from './two-clients.ts';
import { twoIommus } from './two-iommus.ts';
import { twoRegistrations } from './two-registrations.ts';
import { unload } from './unload.ts';

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
