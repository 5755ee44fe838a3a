/** Learning from outcomes, and measuring them: `xrouter/learn`. */
export * from '../gym/index.ts';
