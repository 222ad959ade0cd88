export {
  type BisectDocument,
  type BisectStep,
  type BugHistory,
  bisectJson,
  historiesOf,
} from './bisect.ts';
export { type BisectTextOptions, bisectText } from './bisect-text.ts';
export {
  type CheckCauseDocument,
  type CheckDocument,
  type CheckedSearch,
  type CheckSubject,
  checkFirmwareText,
  checkFullText,
  checkJson,
  checkKernelText,
  checkSummary,
  type Judge,
  type KernelCause,
  type KernelVerdict,
  kernelVerdict,
  nextText,
  reasonOf,
  type SearchLeft,
  worstLanes,
} from './check/index.ts';
export { type CompareDocument, type CompareRow, type Comparison, compareJson } from './compare.ts';
export { compareMarkdown } from './compare-markdown.ts';
export { type CompareTextOptions, compareText } from './compare-text.ts';
export { type Edge, edgesOf } from './edges.ts';
export { type ExplainDocument, explainJson, explainText } from './explain.ts';
export {
  bugText,
  counted,
  type Exploration,
  type ExploreTextOptions,
  exploreText,
  type Witnesses,
  withWitness,
} from './explore.ts';
export {
  type BugDocument,
  bugJson,
  type CauseDocument,
  type ExploreDocument,
  exploreJson,
  type Known,
  type KnownOf,
} from './explore-json.ts';
export { bugDocument, type Format, formats, tableFormats } from './formats.ts';
export { type GroupsDocument, groupsJson, groupsText } from './groups.ts';
export { bugHtml, type PageOptions } from './html.ts';
export { type InspectDocument, inspectJson, inspectText } from './inspect.ts';
export { type LaneOptions, lanes } from './lanes.ts';
export { bugMail, replayCommand } from './mail.ts';
export { bugDiagram, type DiagramOptions } from './mermaid.ts';
export { type Deciding, type Pair, withPair } from './pair.ts';
export { bugTrace, type TraceDocument, type TraceEvent, type TraceOptions } from './perfetto.ts';
export { defaultWidth, plain, type Style, type TextOptions } from './style.ts';
export {
  type VerifiedCapture,
  type VerifyDocument,
  verifyJson,
  verifyText,
} from './verify.ts';
export { facts, hanging, tableWithin, words, wrap } from './wrap.ts';
