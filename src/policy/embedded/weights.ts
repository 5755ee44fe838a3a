/**
 * What training produces and a decision reads, and the file it is kept in: one line of JSON that a person can
 * read with `head -1`, then the arrays, little-endian, in the order in which the line names them.
 */
import { createHash } from 'node:crypto';
import { XrouterError } from '../../errors.ts';
import type { BackgroundWeights, FamiliarityWeights } from './familiarity.ts';
import { FEATURE_VERSION } from './features.ts';
import type { SequenceWeights } from './sequence.ts';
import type { TrafficWeights } from './traffic.ts';
import { fitsTogether } from './weights-shape.ts';

const FORMAT = 'xrouter-policy';
const FORMAT_VERSION = 4;
/** Policies that read own embeddings: no program takes these for words that does not know of them. */
const OWN_FORMAT_VERSION = `${FORMAT_VERSION}-own`;

/** Hashed words to a dense vector: TF-IDF, then the leading directions of the training prompts. */
export interface EmbeddingWeights {
  dimensions: number;
  /** Inverse document frequency of each bucket; 0 for buckets that training did not see twice. */
  idf: Float32Array;
  /** `vectors` times this, bucket by bucket, is idf times direction. */
  scale: Float32Array;
  /** Buckets × dimensions. */
  vectors: Int8Array;
  /** Scores of single words, appended to the vector for the experts that use them; `scores` of them. */
  scores: number;
  /** Buckets × scores, and as above what makes weights of them. */
  scoreVectors: Int8Array;
  scoreScale: Float32Array;
  structureMean: Float32Array;
  structureScale: Float32Array;
  /** The user's own embeddings are read instead of words, of which there is nothing then. */
  own?: OwnEmbeddingWeights;
}

/** The user's vectors to a dense vector: at unit length, less their mean, in their leading directions. */
export interface OwnEmbeddingWeights {
  /** Whose vectors, where that is known. */
  model?: string;
  /** One for each number of the user's vector. */
  mean: Float32Array;
  /** Dimensions × numbers of the user's vector, orthonormal. */
  projection: Float32Array;
}

/** Trees whose leaves hold one value for each component, so that all candidates share every split. */
export interface ForestWeights {
  trees: number;
  components: number;
  /** Index of each tree's first node. */
  roots: Int32Array;
  /** Input compared at a node; `LEAF` at a leaf. */
  feature: Uint8Array;
  threshold: Float32Array;
  /** At a node: its first child, the second follows. At a leaf: its row of `values`. */
  next: Int32Array;
  values: Int8Array;
  /** `values` times this, component by component. */
  scale: Float32Array;
}

/** One pool of candidates that were measured on the same prompts. */
export interface ExpertWeights {
  /** Indices into the policy's candidates. */
  candidates: Int32Array;
  /** Mean success on the training prompts. */
  success: Float32Array;
  /** What the prompts look like on which the pool was measured. */
  known: FamiliarityWeights;
  /** How much it counts beside others that know the prompt as well; 1 where it is left out. */
  voice?: number;
  /** Linear discriminants: tasks × reading length, and tasks. */
  taskWeights: Float32Array;
  taskBias: Float32Array;
  /** Where in the vector the words' own scores of the tasks begin; -1 where it has none. */
  wordScoresFrom: number;
  /** Tasks × candidates: success minus the candidate's mean. */
  taskSuccess: Float32Array;
  /** Tasks × candidates: log of mean cost minus the candidate's mean, as far as the forest does not say it. */
  taskLogCost: Float32Array;
  /** Tasks × structure: what is usual in a task, so that a prompt's deviation from it can be seen. */
  taskStructure: Float32Array;
  /** How much each candidate's success matters: its share of near choices, and a little for being there. Sums to 1. */
  relevance: Float32Array;
  /** How far each layer is believed: what it says of all candidates together, and of each beyond that. */
  taskTrust: Float32Array;
  wordingTrust: Float32Array;
  forest: ForestWeights;
  successComponents: number;
  /** Success components × candidates: from components to deviations; see `towardsBasis` for the way there. */
  successBasis: Float32Array;
  /** Cost components × candidates. */
  costBasis: Float32Array;
  /** Brings the mean of exp(log cost) back to the candidate's mean cost. */
  costScale: Float32Array;
  /** Expected success as it comes out, and as it turned out to be: both rising, equally long. */
  calibrationFrom: Float32Array;
  calibrationTo: Float32Array;
}

export interface CandidateWeights {
  id: string;
  /** Mean cost of a call on the prompts it was measured on, in USD, and the mean tokens it stands for. */
  meanCostUsd: number;
  meanInputTokens?: number;
  meanOutputTokens?: number;
}

/** A trained policy, as it is kept in a file. */
export interface PolicyWeights {
  name: string;
  featureVersion: number;
  seed: number;
  /** Prompts it was trained on. */
  rows: number;
  embedding: EmbeddingWeights;
  /** What prompts look like, those of all experts together. */
  background: BackgroundWeights;
  candidates: CandidateWeights[];
  experts: ExpertWeights[];
  /** How to go on after a verdict. */
  sequence?: SequenceWeights;
  /** What its own traffic taught it, round by round. */
  traffic?: TrafficWeights[];
}

const kinds = { i8: Int8Array, u8: Uint8Array, i32: Int32Array, f32: Float32Array } as const;
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

function kindOf(value: unknown): Kind | undefined {
  return (Object.keys(kinds) as Kind[]).find((kind) => value instanceof kinds[kind]);
}

/** The bytes of a policy file; the same policy gives the same bytes. */
export function encodeWeights(weights: PolicyWeights): Uint8Array {
  const parts: Buffer[] = [];
  const described = JSON.stringify(weights, (_key, value: unknown) => {
    const kind = kindOf(value);
    if (!kind) return value;
    const array = value as Numbers;
    parts.push(Buffer.from(array.buffer, array.byteOffset, array.byteLength));
    return { $array: kind, length: array.length };
  });
  const payload = Buffer.concat(parts);
  const head = {
    format: FORMAT,
    version: weights.embedding.own ? OWN_FORMAT_VERSION : FORMAT_VERSION,
    features: weights.featureVersion,
    sha256: createHash('sha256').update(described).update(payload).digest('hex'),
    bytes: payload.length,
    policy: JSON.parse(described) as unknown,
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload]);
}

/**
 * @param source what the bytes are called in an error, usually the path
 * @param trusted leaves out the checksum, which takes as long as the rest: for the file of the package itself,
 * whose integrity the package manager checked
 * @throws XrouterError `invalid_file` when truncated, damaged or of another version
 */
export function decodeWeights(bytes: Uint8Array, source: string, trusted = false): PolicyWeights {
  const refuse = (reason: string, hint: string): never => {
    throw new XrouterError('invalid_file', `${source}: ${reason}.`, { hint });
  };
  const again = 'Train or download the policy again.';
  const end = bytes.indexOf(10);
  let head: Record<string, unknown> = {};
  try {
    head = JSON.parse(Buffer.from(bytes.subarray(0, Math.max(0, end))).toString('utf8'));
  } catch {}
  if (head === null || head.format !== FORMAT) {
    refuse(
      end < 0 && bytes.length > 0 ? 'the policy file is cut off or is none' : 'is not a policy file',
      again,
    );
  }
  if (head.version !== FORMAT_VERSION && head.version !== OWN_FORMAT_VERSION) {
    refuse(
      `is a policy file of format ${head.version}, this program reads ${FORMAT_VERSION} and ${OWN_FORMAT_VERSION}`,
      again,
    );
  }
  if (head.features !== FEATURE_VERSION) {
    refuse(
      `was trained on features of version ${head.features}, this program computes version ${FEATURE_VERSION}`,
      'Train the policy again with this program.',
    );
  }
  const payload = bytes.subarray(end + 1);
  if (payload.length !== head.bytes) {
    refuse(`the policy file is cut off: ${payload.length} of ${head.bytes} bytes`, again);
  }
  if (!trusted) {
    const described = JSON.stringify(head.policy);
    if (createHash('sha256').update(described).update(payload).digest('hex') !== head.sha256) {
      refuse('the policy file is damaged: its checksum does not match', again);
    }
  }
  try {
    const file = { payload, at: 0 };
    const weights = withArrays(head.policy, file) as PolicyWeights;
    if (file.at === payload.length && fitsTogether(weights)) return weights;
  } catch (error) {
    // A kind or a length that there is not, or a part that is missing.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
  }
  return refuse('the policy file is damaged: its parts do not fit together', again);
}

/** The description with its arrays in place; they lie in the payload in the order in which it names them. */
function withArrays(value: unknown, file: { payload: Uint8Array; at: number }): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$array' in value) {
    const { $array, length } = value as unknown as { $array: Kind; length: number };
    const kind = kinds[$array];
    const size = length * kind.BYTES_PER_ELEMENT;
    // A copy, since the array inside the file may start anywhere and typed arrays must be aligned.
    const copy = new Uint8Array(file.payload.subarray(file.at, file.at + size));
    file.at += size;
    return new kind(copy.buffer, 0, length);
  }
  const record = value as Record<string, unknown>;
  for (const key in record) record[key] = withArrays(record[key], file);
  return record;
}
