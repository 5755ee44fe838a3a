/**
 * What a prompt asks for, read by hand-made rules: its kind, how hard it is, how long answers are. Rules, since
 * what one benchmark teaches about hardness does not carry over to another (fitted on structure it is anti-correlated
 * there), while these do: `node test/bench/prompt-hardness.ts`.
 */
import type { TaskKind } from './ability.ts';
import { withoutCourtesies } from './courtesies.ts';
import type { PromptView } from './prompt-view.ts';

export interface Reading {
  kind: TaskKind;
  /** On the scale of `abilityOf`: -4 is small talk, 2 is an olympiad problem. */
  difficulty: number;
  /** Tokens a typical model answers with. */
  outputTokens: number;
}

/** Words that go with a kind of task or with hard ones; matched on a prefix of the prompt, case-insensitively. */
const CODE =
  /```|\b(function|class|def|import|const|return|regex|sql|select .+ from|typescript|python|javascript|rust|bug|stack trace|compile|refactor|unit test|algorithm)\b/i;
const MATH =
  /[=+*/^√∑∫≤≥]\s*\d|\d\s*[=+*/^×÷]|\b(solve|equation|integral|derivative|probability|prove|theorem|matrix|polynomial|prime|modulo|geometry|how many|sum of|compute|calculate)\b/i;
const KNOWLEDGE =
  /\b(who|when|where|which of the following|explain|why|history|law|physics|chemistry|biology|medicine|economics)\b/i;
const LANGUAGE =
  /\b(translate|rewrite|summari[sz]e|paraphrase|proofread|email|poem|essay|tone|spelling|grammar)\b/i;
const HARD =
  /\b(prove|derive|optimal|optimi[sz]e|design|architecture|concurren|distributed|deadlock|complexity|rigorous|olympiad|research|trade-?offs?|edge cases?|multi-?step|refactor|migrate|debug|root cause|np-hard|dynamic programming)\b/gi;

/** What is trivial, if it is all that is said: so many characters at most. */
const TRIVIAL: readonly [RegExp, number][] = [
  [/^(hi|hello|hey|thanks|thank you|ok|yes|no)\b/i, 40],
  [/\b(what is the capital|translate this word|spell|synonym|say hello|one word)\b/i, 100],
  // One sum, as in "What is 17 * 23?".
  [
    /^\W*(what(?: is|'s)|compute|calculate|how much is)?[\s\d.,()+*/×÷^%=-]*\d[\s\d.,()+*/×÷^%=-]*\??\s*$/i,
    60,
  ],
];

/** Only so much of a prompt is read for words; its length counts in full. */
const READ_CHARS = 4_000;

export function readPrompt(view: PromptView): Reading {
  const asked = withoutCourtesies(view.text);
  const text = asked.length > READ_CHARS ? asked.slice(0, READ_CHARS) : asked;
  const kind: TaskKind = CODE.test(text)
    ? 'code'
    : MATH.test(text)
      ? 'math'
      : LANGUAGE.test(text)
        ? 'language'
        : KNOWLEDGE.test(text)
          ? 'knowledge'
          : 'general';
  let difficulty = { general: -1.4, language: -1.4, knowledge: -0.7, math: -0.5, code: -0.4 }[kind];
  // A reply rests on what was said before: "yes" may mean the whole plan, so being short makes it no easier.
  const reply = view.humanTurns > 1;
  // Longer asks hold more conditions: a tenfold length adds about one point.
  difficulty += 1.0 * Math.log10(Math.max(asked.length, reply ? 200 : 20) / 200);
  difficulty += 0.45 * Math.min(4, text.match(HARD)?.length ?? 0);
  if (!reply && TRIVIAL.some(([said, chars]) => text.length <= chars && said.test(text))) difficulty -= 2;
  if (view.tools > 0) difficulty += 0.3 + Math.min(0.5, view.tools / 40);
  if (view.structured) difficulty += 0.15;
  if (view.images + view.files + view.audio > 0) difficulty += 0.3;
  // An agent deep in its loop does harder work than its last human sentence says.
  difficulty += Math.min(0.6, view.stepsSinceHuman / 20);
  const outputTokens = { general: 250, language: 300, knowledge: 350, math: 500, code: 600 }[kind];
  return {
    kind,
    difficulty: Math.min(2.5, Math.max(-4, difficulty)),
    outputTokens: Math.round(outputTokens * 1.25 ** difficulty),
  };
}
