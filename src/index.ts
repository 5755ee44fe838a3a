/** The public face of xrouter. */
export { XrouterError } from './errors.ts';
export * from './policy/served/index.ts';
