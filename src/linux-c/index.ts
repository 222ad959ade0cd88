export { coverLetter } from './cover-letter.ts';
export { environment } from './environment.ts';
export { Structs } from './structs.ts';
