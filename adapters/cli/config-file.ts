/** Apart from `setup.ts`, so that the bundle loads validation only where there is a file to validate. */
export { loadConfig } from '../../src/index.ts';
