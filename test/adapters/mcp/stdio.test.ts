/** The server over stdio, asked by clients of the older protocol: those of both SDK lines. */
import { stdioSuite } from './stdio.suite.ts';

stdioSuite('v1');
stdioSuite('legacy');
