import type { Dmar } from '../../../firmware/index.ts';
import { drhdsOf } from '../../../linux/index.ts';
import type { MachineDevice, Units } from '../../machine.ts';
import { unitDevice } from './unit.ts';

/** The units of DMAR. Which devices are behind them, its driver looks up by itself. */
export function unitsOfDmar(dmar: Dmar): Units {
  const scopes = new Map<MachineDevice, readonly MachineDevice[]>();
  for (const [i] of drhdsOf(dmar).entries())
    scopes.set(unitDevice(`dmar${i}`, 'devices/virtual'), []);
  return { table: 'dmar', scopes };
}
