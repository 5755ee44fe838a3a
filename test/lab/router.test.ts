/** The real router against the lab: what the two count, each by its own arithmetic, is the same money. */
import { expect, test } from 'vitest';
import { createCatalog } from '../../src/catalog/index.ts';
import { createRouter } from '../../src/index.ts';
import { createLab, labEnvironment, labTasks } from '../../src/lab/index.ts';

test('for every provider of the catalog the router and the lab count the same USD', async () => {
  await using lab = await createLab({ seed: 6 });
  const catalog = createCatalog();
  const router = createRouter({}, { env: labEnvironment(lab, catalog.providers) });
  const priced = catalog.candidates.filter(({ price }) => price !== undefined);
  const tasks = labTasks(6, priced.length);
  let routerUsd = 0;
  for (const [index, { id }] of priced.entries()) {
    const { cost, model } = await router.route({
      messages: [{ role: 'user', content: tasks[index]!.prompt }],
      pool: [id],
      stream: index % 2 === 0,
    });
    expect(model).toBe(id);
    expect(cost.usd, id).toBeCloseTo(lab.usage().requests.at(-1)!.costUsd!, 9);
    routerUsd += cost.usd!;
  }
  await router.close();
  expect(lab.usage()).toMatchObject({ calls: priced.length, completed: priced.length });
  expect(routerUsd).toBeGreaterThan(0);
  expect(Math.round(routerUsd * 1e6)).toBe(Math.round(lab.usage().costUsd * 1e6));
});
