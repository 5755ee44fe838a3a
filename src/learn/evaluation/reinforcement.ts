/**
 * What reinforcement is worth, on rows that no part of it was trained on: the predictor alone and the lookahead,
 * against DAPO on top of each, and against DAPO in the paper's form, whose advantages are divided by the group's
 * standard deviation. All forms learn from the same rows and start from the same predictor and belief.
 */
import { type DapoOptions, dapoDefaults } from '../dapo.ts';
import { Random } from '../random.ts';
import { type Bench, takeOutcomes } from './bench.ts';
import type { Estimate, ReinforcementFigures, ReinforcementSetting } from './report.ts';
import { resample } from './resample.ts';
import type { Fold } from './simple-routers.ts';
import { LEAST_TRAINING_ROWS, MOST_TRAINING_ROWS, play, trainAnew } from './trained-anew.ts';

/** Between a mediocre verifier and a good one. */
const ACCURACIES: readonly number[] = [0.7, 0.9];
/** Most of the rows teach: training suffers sooner from few rows than measuring does. */
const TRAINING_SHARE = 0.6;
/** Bounds the time: every row is planned for at every lambda, accuracy and form. */
const MOST_MEASURED_ROWS = 800;

export interface ReinforcementOptions {
  seed: number;
  draws: number;
  progress: (line: string) => void;
  /** Changes to how it is trained; `false`: only what it would have to beat. */
  dapo?: Partial<DapoOptions> | false;
  accuracies?: readonly number[];
}

/** Rows dealt at random: those that teach, and those that are measured. */
export function teachAndMeasure(rows: number, seed: number): Fold {
  const order = new Random(seed).order(rows);
  const cut = Math.round(TRAINING_SHARE * rows);
  return {
    train: order.slice(0, Math.min(cut, MOST_TRAINING_ROWS)),
    test: order.slice(cut, cut + MOST_MEASURED_ROWS),
  };
}

export function reinforcement(
  bench: Pick<Bench, 'rows' | 'outcomes'>,
  fold: Fold,
  { seed, draws, progress, dapo = {}, accuracies = ACCURACIES }: ReinforcementOptions,
): ReinforcementFigures | { leftOut: string } {
  const tooFew = { leftOut: `${fold.train.length} rows are too few for reinforcement to learn from` };
  if (fold.train.length < LEAST_TRAINING_ROWS) return tooFew;
  progress(`reinforcement: training a predictor anew on ${fold.train.length} rows`);
  const { data, lookahead, reinforce } = trainAnew(bench, fold, seed);
  const outcomes = takeOutcomes(bench.outcomes, fold.test);
  const settings: ReinforcementSetting[] = [];
  for (const several of [false, true]) {
    const forms = [
      { id: 'plain', name: several ? 'lookahead alone' : 'predictor alone', weights: lookahead },
    ];
    for (const normalise of dapo === false ? [] : [false, true]) {
      const id = normalise ? 'dapo-std' : 'dapo';
      const name = `DAPO${normalise ? ', divided by std' : ''}`;
      const part = 2 * Number(several) + Number(normalise) + 1;
      progress(`reinforcement, training ${part} of 4: ${name}, ${several ? 'sequences' : 'one call'}`);
      // The last checkpoint, whatever it is worth: what the algorithm does, not what training would keep of it.
      const weights = reinforce({
        keep: 'last',
        validateEvery: dapoDefaults.iterations,
        ...dapo,
        normalise,
        ...(several ? {} : { maxCalls: 1 }),
      });
      if (!weights.correction && !weights.oneShot) return tooFew;
      forms.push({ id, name, weights });
    }
    for (const verifier of several ? accuracies : [undefined]) {
      const routers = forms.map(({ weights, ...form }) => ({
        ...form,
        operations: play(data, weights, verifier, seed),
      }));
      const { figures, difference } = resample(outcomes, routers, { seed, draws });
      settings.push({
        ...(verifier === undefined ? {} : { verifier }),
        routers: figures.map((router, at) => (at === 0 ? router : { ...router, more: difference(at, 0) })),
        ...(routers.length > 2 ? { dividedLess: difference(2, 1) } : {}),
      });
    }
  }
  return {
    trainingRows: fold.train.length,
    rows: fold.test.length,
    settings,
    findings: findingsOf(settings),
  };
}

function findingsOf(settings: readonly ReinforcementSetting[]): string[] {
  const where = ({ verifier }: ReinforcementSetting) =>
    verifier === undefined ? 'in one call' : `with a verifier right ${Math.round(100 * verifier)} %`;
  const better: string[] = [];
  const worse: string[] = [];
  const sentences = settings.flatMap((setting) => {
    const [plain, dapo] = setting.routers;
    if (!plain || !dapo?.more || !setting.dividedLess) return [];
    const place = where(setting);
    if (dapo.more.low > 0) better.push(place);
    if (dapo.more.high < 0) worse.push(place);
    return [
      `${place[0]!.toUpperCase()}${place.slice(1)} DAPO is ${compared(dapo.more)} the ${plain.name}; ` +
        `divided by the standard deviation it is ${compared(setting.dividedLess)} undivided.`,
    ];
  });
  if (sentences.length === 0) return [];
  const place = 'So on this table reinforcement ';
  if (better.length > 0) return [...sentences, `${place}earns its place ${better.join(' and ')}.`];
  const why =
    worse.length > 0 ? `it loses ${worse.join(' and ')}` : 'what it adds cannot be told from chance';
  return [...sentences, `${place}does not earn its place: ${why}.`];
}

/** By the interval of the difference. */
function compared({ low, high }: Estimate): string {
  if (low > 0) return 'better than';
  return high < 0 ? 'worse than' : 'not to be told from';
}
