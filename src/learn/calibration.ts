/** Calibration: expected success is mapped to what it turned out to be on rows that the predictor had not seen. */
import { interpolate } from '../policy/embedded/expert.ts';
import { type Matrix, matrix } from './linear-algebra.ts';

export interface Calibration {
  from: Float32Array;
  to: Float32Array;
  apply(expected: Matrix): Matrix;
}

const BINS = 40;

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny and Elkan 2002) over equally
 * filled bins, all candidates together; read back linearly between the bins.
 * @param centred scores minus `mean`
 */
export function fitCalibration(expected: Matrix, centred: Matrix, mean: ArrayLike<number>): Calibration {
  const size = expected.data.length;
  const order = Float64Array.from({ length: size }, (_, i) => i).sort(
    (a, b) => expected.data[a]! - expected.data[b]! || a - b,
  );
  const blocks: { from: number; to: number; weight: number }[] = [];
  const bins = Math.max(1, Math.min(BINS, Math.floor(size / 50)));
  for (let bin = 0; bin < bins; bin++) {
    const start = Math.floor((bin * size) / bins);
    const end = Math.floor(((bin + 1) * size) / bins);
    let from = 0;
    let to = 0;
    for (let k = start; k < end; k++) {
      const at = order[k]!;
      from += expected.data[at]!;
      to += centred.data[at]! + mean[at % expected.columns]!;
    }
    blocks.push({ from: from / (end - start), to: to / (end - start), weight: end - start });
    while (blocks.length > 1 && blocks.at(-2)!.to > blocks.at(-1)!.to) {
      const last = blocks.pop()!;
      const held = blocks.at(-1)!;
      const weight = held.weight + last.weight;
      held.from = (held.from * held.weight + last.from * last.weight) / weight;
      held.to = (held.to * held.weight + last.to * last.weight) / weight;
      held.weight = weight;
    }
  }
  const from = Float32Array.from(blocks, (block) => block.from);
  const to = Float32Array.from(blocks, (block) => block.to);
  return {
    from,
    to,
    apply(values) {
      const out = matrix(values.rows, values.columns);
      for (let k = 0; k < out.data.length; k++) out.data[k] = interpolate(from, to, values.data[k]!);
      return out;
    },
  };
}
