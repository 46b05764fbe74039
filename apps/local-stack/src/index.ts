export { createProgress, type Progress } from './progress.js';
export { StackForBench, type ProgramBeside } from './stack-for-bench.js';
export { stopRequest } from './stop-request.js';
export { topicsToEnsure } from './topics.js';
export { until } from './until.js';
