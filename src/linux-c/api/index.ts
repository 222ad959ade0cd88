export { arm64 } from './asm/arm64.ts';
export { preemption, x86 } from './asm/x86.ts';
export { References } from './counts/references.ts';
export { apiOf } from './environment.ts';
export { lockAt } from './locks/locks.ts';
export { textAt } from './strings.ts';
