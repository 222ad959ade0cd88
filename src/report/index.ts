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
export {
  type BisectDocument,
  type BisectStep,
  type BugHistory,
  bisectJson,
  historiesOf,
} from './compare/bisect.ts';
export { type BisectTextOptions, bisectText } from './compare/bisect-text.ts';
export {
  type CompareDocument,
  type CompareRow,
  type Comparison,
  compareJson,
} from './compare/compare.ts';
export { compareMarkdown } from './compare/compare-markdown.ts';
export { type CompareTextOptions, compareText } from './compare/compare-text.ts';
export {
  type ExecutionDocument,
  executionJson,
  executionText,
} from './explore/execution.ts';
export {
  bugText,
  counted,
  type Exploration,
  type ExploreTextOptions,
  exploreText,
  type LinuxSource,
  linuxText,
  type Witnesses,
  withWitness,
} from './explore/explore.ts';
export {
  type BugDocument,
  bugJson,
  type CauseDocument,
  type ExploreDocument,
  exploreJson,
  type Known,
  type KnownOf,
} from './explore/explore-json.ts';
export { bugDocument, type Format, formats, tableFormats } from './formats/formats.ts';
export { bugHtml, type PageOptions } from './formats/html.ts';
export { bugMail, replayCommand } from './formats/mail.ts';
export { bugDiagram, type DiagramOptions } from './formats/mermaid.ts';
export {
  bugTrace,
  type TraceDocument,
  type TraceEvent,
  type TraceOptions,
} from './formats/perfetto.ts';
export { bugSvg } from './formats/svg.ts';
export { type Difference, differenceOf } from './judge/difference.ts';
export { type JudgeDocument, judgeJson } from './judge/json.ts';
export {
  type Judged,
  type JudgedPatch,
  type JudgedScenario,
  type JudgedStep,
  type JudgeVerdict,
  judgeExitCode,
  type NotJudged,
  type ReplayToken,
  verdictOf,
} from './judge/judgement.ts';
export { type JudgeMailOptions, judgeMail } from './judge/mail.ts';
export { type JudgeTextOptions, judgeText } from './judge/text.ts';
export { type Edge, edgesOf } from './lanes/edges.ts';
export { type LaneOptions, lanes } from './lanes/lanes.ts';
export { type Deciding, type Pair, withPair } from './lanes/pair.ts';
export { relevantSteps } from './lanes/relevance.ts';
export { type Row, type RowOptions, rowsOf } from './lanes/rows.ts';
export { type Change, unifiedDiff } from './lint/diff.ts';
export { ruleText } from './lint/explain.ts';
export { lintGithub } from './lint/github.ts';
export { type LintDocument, lintJson } from './lint/json.ts';
export { findingKey, masked } from './lint/key.ts';
export type { Linted, LintFinding } from './lint/linted.ts';
export { rulePage, rulesIndex } from './lint/page.ts';
export { lintSarif, type SarifLog } from './lint/sarif.ts';
export { lintText } from './lint/text.ts';
export {
  type ChangeField,
  changeFields,
  changesBetween,
  type DeviceChange,
} from './machine/changes.ts';
export { type ExplainDocument, explainJson, explainText } from './machine/explain.ts';
export { type GroupsDocument, groupsJson, groupsText } from './machine/groups.ts';
export { type InspectDocument, inspectJson, inspectText } from './machine/inspect.ts';
export {
  disagreementsOf,
  type VerifiedCapture,
  type VerifyDocument,
  verifyJson,
  verifyText,
} from './machine/verify.ts';
export type { ReplayNeeds } from './text/command.ts';
export { defaultWidth, plain, type Style, type TextOptions } from './text/style.ts';
export { facts, hanging, tableWithin, words, wrap } from './text/wrap.ts';
