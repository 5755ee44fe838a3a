/** What one call of a request may use: the money that its budgets leave, and the output tokens that this allows. */
import type { Candidate } from './catalog/candidate.ts';
import { worstCaseUsd } from './catalog/price.ts';
import { type TightestBudget, tightestBudget } from './ledger/budgets.ts';
import type { BudgetScope, Ledger } from './ledger/ledger.ts';
import type { RouteRequest } from './request.ts';

/** Under a budget every call needs a bound; this one holds most answers. It is sent to the provider. */
const BUDGETED_OUTPUT_TOKENS = 8_192;

export class Allowance {
  readonly scopes: BudgetScope[];
  #tightest: TightestBudget | undefined;
  readonly #ledger: Ledger;
  readonly #askedTokens: number | undefined;
  readonly #inputTokens: number;

  /** @param inputTokens at most */
  constructor(ledger: Ledger, scopes: BudgetScope[], request: RouteRequest, inputTokens: number) {
    this.#ledger = ledger;
    this.scopes = scopes;
    this.#askedTokens = request.maxOutputTokens;
    this.#inputTokens = inputTokens;
  }

  /** As it was when it was last read; `undefined`: no budget bounds this request. */
  get tightest(): TightestBudget | undefined {
    return this.#tightest;
  }

  /** Asks the ledger; admission needs it before the reservation decides. */
  async read(): Promise<void> {
    this.#tightest = await tightestBudget(this.#ledger, this.scopes);
  }

  /** Output tokens a call may use: what the user said, or a bound where money is bounded. */
  outputLimit(candidate: Candidate): number | undefined {
    const most = candidate.maxOutputTokens ?? candidate.contextTokens ?? Number.POSITIVE_INFINITY;
    const asked = this.#askedTokens ?? (this.#tightest === undefined ? undefined : BUDGETED_OUTPUT_TOKENS);
    return asked === undefined ? undefined : Math.min(asked, most);
  }

  /** Worst case of a call in USD; `undefined` where price or output have no bound. */
  worstCaseUsd(candidate: Candidate): number | undefined {
    const outputTokens = this.outputLimit(candidate) ?? candidate.maxOutputTokens ?? candidate.contextTokens;
    return worstCaseUsd(candidate, this.#inputTokens, outputTokens ?? BUDGETED_OUTPUT_TOKENS);
  }
}
