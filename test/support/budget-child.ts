/** One of several processes on one ledger: sends requests at once and prints how each ended. */
import { createRouter } from '../../src/index.ts';

const [, , configJson, count] = process.argv;
const router = createRouter(JSON.parse(configJson!));
const outcomes = await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    router.route({ messages: [{ role: 'user', content: `Question ${index} of ${process.pid}` }] }).then(
      () => 'ok',
      (error) => error.code,
    ),
  ),
);
await router.close();
process.stdout.write(JSON.stringify(outcomes));
