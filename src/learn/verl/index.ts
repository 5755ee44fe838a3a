/** Training a router LLM on verl: the dataset, the tool configuration, the recording. */
export { exportVerl, type VerlOptions, type VerlSummary, verlDefaults } from './export.ts';
export { Recording } from './recording.ts';
export { readSource, type Source } from './source.ts';
