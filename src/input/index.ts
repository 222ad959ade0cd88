export { answersFor, answersOf, captureIn, isCapture } from './capture.ts';
export { type Files, maxBytes, naming, standardInput, textOf } from './files.ts';
export { type Choice, machineIn, treeTitles } from './machine.ts';
export { isMachineFolder } from './parts.ts';
export { foldersToRead } from './places.ts';
export { type Kind, recognise } from './recognise/recognise.ts';
export type { Compiled, Inflate, Tools } from './tools.ts';
export { type Opened, opened } from './unpack.ts';
