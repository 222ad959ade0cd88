export { coverLetter } from './cover-letter.ts';
export { environment } from './environment.ts';
export { type LinuxOptions, type LinuxScenario, linuxScenarios } from './scenarios.ts';
export { Structs } from './structs.ts';
