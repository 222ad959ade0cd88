export {
  type BugDocument,
  bugJson,
  bugText,
  counted,
  type Exploration,
  type ExploreDocument,
  type ExploreTextOptions,
  exploreJson,
  exploreText,
} from './explore.ts';
export { type InspectDocument, inspectJson, inspectText } from './inspect.ts';
export { type LaneOptions, lanes } from './lanes.ts';
export { plain, type Style } from './style.ts';
