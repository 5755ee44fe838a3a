/**
 * What each model would have been expected to cost, and how often to be right, had it answered every request: from
 * what the policy expected when it chose. Expected is set against expected, over the same requests, so nothing here
 * is a measured saving.
 */
import { sumUsd } from '../../../src/index.ts';
import type { FixedModel, FixedModels } from './data.ts';
import { cut, entryOf } from './names.ts';
import type { Expectations, Pool, RequestDigest } from './requests.ts';

/** With fewer requests a sum of expectations says nothing. */
const LEAST_REQUESTS = 5;
const MOST_MODELS = 5;

export function fixedModels(requests: readonly RequestDigest[]): FixedModels {
  const answered = requests.filter(({ model }) => model !== undefined);
  const compared = largestGroup(answered.flatMap(({ expectations }) => expectations ?? []));
  if (answered.length < LEAST_REQUESTS) {
    return { leftOut: `It takes ${LEAST_REQUESTS} answered requests; there are ${answered.length}.` };
  }
  if (compared.length < LEAST_REQUESTS) {
    return {
      leftOut:
        'The policy did not note, for enough requests, what it expected of the same models: agents that went on with their turn, fixed choices and changing pools leave nothing to compare.',
    };
  }
  const { models } = compared[0]!.pool;
  const totals = models.map(() => ({ usd: 0, success: 0 }));
  // Request by request, as they lie in memory: there may be ten thousand, with a hundred models each.
  for (const { costUsd, success } of compared) {
    totals.forEach((total, at) => {
      total.usd += costUsd[at]!;
      total.success += success[at]!;
    });
  }
  const sums = totals.flatMap(({ usd, success }, at) =>
    // A model whose cost the policy did not know once has no sum.
    Number.isNaN(usd)
      ? []
      : [{ name: models[at]!, expectedUsd: usd, expectedSuccess: success / compared.length }],
  );
  const chosenAt = compared.map(({ chosen }) => models.indexOf(chosen));
  const routedUsd = compared.reduce(
    (sum, { costUsd }, at) => sum + (costUsd[chosenAt[at]!] ?? Number.NaN),
    0,
  );
  if (models.length < 2 || sums.length === 0 || Number.isNaN(routedUsd)) {
    return { leftOut: 'The policy expected no cost of the models it compared, or compared only one.' };
  }
  const routedSuccess = compared.reduce((sum, { success }, at) => sum + success[chosenAt[at]!]!, 0);
  const measuredUsd = sumUsd(compared.map((one) => one.measuredUsd));
  sums.sort((a, b) => b.expectedSuccess - a.expectedSuccess || a.expectedUsd - b.expectedUsd);
  return {
    requests: compared.length,
    of: answered.length,
    routed: {
      expectedUsd: routedUsd,
      expectedSuccess: routedSuccess / compared.length,
      ...(measuredUsd !== undefined && { measuredUsd }),
    },
    models: listed(sums, routedSuccess / compared.length),
  };
}

/** The first few by success, and the cheapest that is as successful as the choices were: the hardest to beat. */
function listed(sums: readonly FixedModel[], routedSuccess: number): FixedModel[] {
  const reaching = sums.filter(({ expectedSuccess }) => expectedSuccess >= routedSuccess);
  const cheapest = reaching.reduce<FixedModel | undefined>(
    (least, one) => (least && least.expectedUsd <= one.expectedUsd ? least : one),
    undefined,
  );
  return sums
    .filter((one, at) => at < MOST_MODELS || one === cheapest)
    .map((one, at) => {
      const best = at === 0 ? (one === cheapest ? 'both' : 'success') : one === cheapest ? 'cost' : undefined;
      return { ...one, name: cut(one.name), ...(best && { best }) };
    });
}

/** The requests of the pool that most of them have. */
function largestGroup(all: readonly Expectations[]): Expectations[] {
  const groups = new Map<Pool, Expectations[]>();
  for (const one of all) entryOf<Pool, Expectations[]>(groups, one.pool, () => []).push(one);
  return [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), []);
}
