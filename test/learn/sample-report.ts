/** An evaluation with everything in it, made up: for tests of how it is shown. */
import type { EvaluationReport, Provenance, RouterFigures } from '../../src/learn/evaluation/report.ts';

export const provenance: Provenance = {
  command: 'xrouter eval --policy p.xrp --table t.jsonl --seed 1',
  version: '1.2.3',
  policySha256: 'ab12'.repeat(16),
  tableSha256: 'cd34'.repeat(16),
};

const around = (value: number, by = 1.5) => ({ value, low: value - by, high: value + by });

function router(id: string, name: string, gain: number, lift: number): RouterFigures {
  const points = Array.from({ length: 12 }, (_, k) => {
    const cost = 0.01 * 1.7 ** k;
    return { cost, accuracy: Math.min(0.95, 0.3 + 0.09 * Math.log(cost / 0.008) + lift) };
  });
  return {
    id,
    name,
    gain: around(gain),
    ofOracle: gain / 20,
    maxAccuracy: points.at(-1)!.accuracy,
    ...(gain > 0 ? { costMatch: { value: 0.3, low: 0.2, ...(gain > 4 ? { high: 0.5 } : {}) } } : {}),
    points,
  };
}

/** @param names put in the place of a model's, a task's and the table's and policy's name */
export function sampleReport(names: { model?: string; task?: string; name?: string } = {}): EvaluationReport {
  const { model = 'acme/the-best-of-all-models-2026-11', task = 'sums', name = 'sample' } = names;
  const singles = Array.from({ length: 30 }, (_, k) => ({
    model: k === 20 ? model : `vendor-${k % 5}/model-with-a-long-name-${k}-instruct`,
    accuracy: k === 20 ? 0.78 : 0.25 + 0.5 * (((k * 37) % 30) / 30),
    costUsd: 0.004 * 0.01 * 1.3 ** k,
    costShare: (0.01 * 1.3 ** k) / (0.01 * 1.3 ** 20),
    inPool: k !== 3,
  }));
  const tenths = Array.from({ length: 10 }, (_, k) => ({
    from: k / 10,
    to: (k + 1) / 10,
    pairs: 90 + 1300 * k,
    expected: k / 10 + 0.05,
    reached: k / 10 + 0.03 + 0.01 * (k % 4),
    error: 0.02,
  }));
  const verifiers = [0.5, 0.6, 0.7, 0.8, 0.9, 1].map((accuracy) => ({
    accuracy,
    plugIn: router('plug-in', 'lookahead without RL', 30 * (accuracy - 0.5), 0.1),
    dapo: router('dapo', 'policy (lookahead with DAPO)', 31 * (accuracy - 0.5), 0.1),
    rule: router('rule', 'rule made by hand', 20 * (accuracy - 0.5), 0.05),
    dapoLessPlugIn: around(accuracy - 0.5, 0.4),
    calls: 2 - accuracy,
  }));
  const tasks = [task, 'poems', 'code'].map((one, k) => ({
    task: one,
    rows: 60 + 70 * k,
    accuracy: 0.6 + 0.1 * k,
    expected: 0.62 + 0.1 * k,
    costUsd: 0.001,
    costShare: 0.4,
    bestAccuracy: 0.65 + 0.05 * k,
    difference: 100 * (-0.05 + 0.05 * k),
    error: 1.1,
    ...(k > 0 ? { gain: around(3) } : {}),
  }));
  return {
    format: 'xrouter-evaluation',
    version: 1,
    policy: { name, seed: 1, trainedOnRows: 12_345, candidates: 30, reinforced: true },
    table: { name, rows: 1234, models: 30, tasks: 3 },
    seed: 1,
    draws: 300,
    unknownModels: [singles[3]!.model],
    best: singles[20]!,
    cheapest: singles[0]!,
    oracleAccuracy: 0.93,
    singles,
    mixing: [0, 8, 20].map((k) => ({ cost: singles[k]!.costShare, accuracy: 0.3 + 0.024 * k })),
    oracle: [
      { cost: 0.006, accuracy: 0.4 },
      { cost: 0.05, accuracy: 0.8 },
      { cost: 0.4, accuracy: 0.93 },
    ],
    oneShot: [
      router('policy', 'policy, one call', 5.2, 0.05),
      router('predictor', 'predictor without RL', 5.1, 0.05),
      router('knn', 'nearest neighbours (40)', 2.4, 0),
      router('clusters', 'clusters (64)', -1.2, -0.05),
    ],
    sameAsPredictor: 0.98,
    band: [0.01, 0.03, 0.1, 0.3, 1].map((budget, k) => ({ budget, ...around(0.35 + 0.09 * k, 0.03) })),
    verifiers,
    verifierRows: 800,
    noVerifier: { policy: router('policy', 'policy without a verifier', 5.1, 0.05), mostCalls: 1 },
    reinforcement: {
      trainingRows: 740,
      rows: 494,
      settings: [undefined, 0.7, 0.9].map((verifier) => ({
        ...(verifier === undefined ? {} : { verifier }),
        routers: [
          router('plain', verifier === undefined ? 'predictor alone' : 'lookahead alone', 5, 0),
          { ...router('dapo', 'DAPO', 5.3, 0), more: around(0.3, 0.2) },
          { ...router('dapo-std', 'DAPO, divided by std', -13.1, 0), more: around(-18.1, 2) },
        ],
        dividedLess: around(-18.4, 2.1),
      })),
      findings: ['In one call DAPO is better than the predictor alone.', 'So it earns its place.'],
    },
    reliability: {
      tenths,
      judged: 9,
      worst: 2.4,
      floors: [0.5, 0.7, 0.9].map((floor) => ({
        floor,
        rows: Math.round(900 * (1 - floor)),
        ...(floor < 0.9 ? { expected: floor + 0.1, reached: floor + 0.08, error: 0.02 } : {}),
      })),
    },
    noise: {
      rows: 1000,
      kinds: ['letter case', 'white space', 'typos', 'polite opening', 'added remark'].map((kind, k) => ({
        kind,
        flips: [0, 0.1, 1, 10].map((lambda) => ({ lambda, rate: 0.01 * (k + 1) })),
        rate: around(0.01 * (k + 1), 0.005),
        accuracyChange: around(0.1 * k, 0.3),
      })),
    },
    workingPoint: { lambda: 0.316, accuracy: 0.78, costShare: 0.31, reason: 'the cheapest as accurate' },
    tasks,
    heldOut: {
      folds: 3,
      tasks: 3,
      rows: 1234,
      trainingRows: 823,
      sameTasks: [router('policy', 'policy, trained anew', 4, 0), router('knn', 'nearest neighbours', 2, 0)],
      otherTasks: [
        router('policy', 'policy, trained anew', 0.4, 0),
        router('knn', 'nearest neighbours', -2, 0),
      ],
      verifiers: [0.6, 0.7, 0.8, 0.9, 1].map((accuracy) => ({
        accuracy,
        sameTasks: [
          router('policy', 'policy, trained anew', 25 * (accuracy - 0.5), 0),
          router('rule', 'rule made by hand', 20 * (accuracy - 0.5), 0),
        ],
        otherTasks: [
          router('policy', 'policy, trained anew', 15 * (accuracy - 0.6), 0),
          router('rule', 'rule made by hand', 10 * (accuracy - 0.6), 0),
        ],
      })),
      verifierRows: 500,
      noVerifier: {
        sameTasks: router('policy', 'policy, trained anew', 3.9, 0),
        otherTasks: router('policy', 'policy, trained anew', 0.3, 0),
      },
    },
    limits: ['Scores and costs are what the table says.', 'Intervals (95 %) come from drawing rows anew.'],
  };
}

/** Sixty models over seven decades of cost, with names in capitals, Chinese and emoji, all about as accurate. */
export function crowdedReport(): EvaluationReport {
  const report = sampleReport();
  const names = ['W'.repeat(60), '通义千问'.repeat(10), '🦜'.repeat(30), 'vendor/'.concat('MAXI-'.repeat(9))];
  const singles = Array.from({ length: 60 }, (_, k) => ({
    model: `${names[k % names.length]}${k}`,
    accuracy: 0.6 + 0.35 * (((k * 37) % 60) / 60),
    costUsd: 1e-7 * 1.31 ** k,
    costShare: 1e-3 * 1.31 ** k,
    inPool: true,
  }));
  return { ...report, singles, best: singles[30]!, cheapest: singles[0]! };
}
