export { arm64 } from './asm.ts';
export { apiOf } from './environment.ts';
export { lockAt } from './locks.ts';
export { textAt } from './strings.ts';
