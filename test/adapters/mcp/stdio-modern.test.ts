/** The server over stdio, asked by clients of the protocol of 2026-07-28, found out and pinned. */
import { stdioSuite } from './stdio.suite.ts';

stdioSuite('auto');
stdioSuite('modern');
