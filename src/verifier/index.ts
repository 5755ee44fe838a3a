/** Everything that judges an answer. */
export * from './accuracy.ts';
export * from './combine.ts';
export * from './from-function.ts';
export { compileSchema, type JsonSchema, SUPPORTED_KEYWORDS } from './json-schema.ts';
export { SUPPORTED_FORMATS } from './json-schema-formats.ts';
export { type JsonSchemaOptions, jsonSchemaVerifier } from './json-schema-verifier.ts';
export * from './judge-verifier.ts';
export { refusalVerifier } from './refusal-verifier.ts';
export { toolCallVerifier } from './tool-call-verifier.ts';
export { truncationVerifier } from './truncation-verifier.ts';
export type { Verdict, Verifier, VerifierInput } from './verifier.ts';
