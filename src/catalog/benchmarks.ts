/**
 * The benchmarks whose published scores candidates carry. All in percent; higher is better. Scores come
 * from different publishers, settings and dates, so differences of a few points mean little.
 */
export const BENCHMARKS = {
  mmlu_pro: 'MMLU-Pro: knowledge and reasoning in 14 subjects, ten options each.',
  gpqa_diamond: 'GPQA Diamond: 198 graduate-level science questions, without tools.',
  humanity_last_exam: "Humanity's Last Exam: expert questions of all fields, without tools.",
  livecodebench:
    'LiveCodeBench: recent competitive programming problems, pass@1; the window varies by publisher.',
  math_500: 'MATH-500: 500 competition mathematics problems.',
  aime_2025: 'AIME 2025: the 30 problems of both papers, without tools.',
  swe_bench_verified:
    'SWE-bench Verified: 500 real repository issues, resolved by an agent; the harness varies.',
} as const;

export type BenchmarkName = keyof typeof BENCHMARKS;
