#!/usr/bin/env node
/** The installed command: compiled code is kept between runs, which starts the next one faster. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./main.ts');
