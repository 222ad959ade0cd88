export { checkFullText, checkSummary } from './full.ts';
export { type CheckCauseDocument, type CheckDocument, checkJson } from './json.ts';
export { nextText } from './next.ts';
export { type CheckSubject, checkFirmwareText, checkKernelText, reasonOf } from './screen.ts';
export {
  type CheckedSearch,
  type Judge,
  type KernelCause,
  type KernelVerdict,
  kernelVerdict,
  type SearchLeft,
} from './verdict.ts';
export { worstLanes } from './worst.ts';
