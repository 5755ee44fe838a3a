/**
 * Logged prompts may carry their tool list in the text. What the question enumerates and how much of it the
 * tools speak of tell whether one call, several or none is wanted.
 */
import { hashWord } from './hashing.ts';
import { AT, log, type NumberTally, type SymbolTally } from './structure.ts';

const NAME = hashWord('name');
const DESCRIPTION = hashWord('description');
const PARAMETERS = hashWord('parameters');
const AND = hashWord('and');
const EACH = new Set(['each', 'both', 'respectively', 'also', 'then', 'another', 'second'].map(hashWord));
const LISTS = new Set(['array', 'list', 'arraylist', 'tuple'].map(hashWord));
const TYPE = hashWord('type');

/** Words of a question and of a tool's description are matched by this many first letters. */
export const STEM_LETTERS = 5;
const STEMS = 4096;
const ASKED = 1;
const FOUND = 2;

/** Marks of the last prompt with tools; cleared after it. */
const stems = new Uint8Array(STEMS);

export class QuestionTally {
  capitals = 0;
  private readonly hasTools: boolean;
  private readonly asList: boolean;
  private inTools = false;
  private names = 0;
  private joins = 0;
  private each = 0;
  private types = 0;
  private arrays = 0;
  private listed = 0;
  private tools = 0;
  private distinct = 0;
  private found = 0;
  private words = 0;
  private numbers = 0;
  private enumerated = 0;
  private stops = 0;
  private quotes = 0;
  private askedCapitals = 0;

  /** @param firstOfTools the sign that the tool list begins with; `undefined`: there is no list */
  constructor(firstOfTools: string | undefined) {
    this.hasTools = firstOfTools !== undefined;
    this.asList = firstOfTools === '[';
  }

  /** A word, by its hash and that of its first letters. */
  word(hash: number, stem: number, letters: number): void {
    if (hash === NAME) this.names++;
    else if (hash === AND) this.joins++;
    if (!this.inTools) {
      if (EACH.has(hash)) this.each++;
    } else if (hash === TYPE) this.types++;
    else if (LISTS.has(hash)) this.arrays++;
    else if (hash === PARAMETERS) this.tools++;
    if (!this.hasTools || letters < STEM_LETTERS - 1) return;
    const at = stem & (STEMS - 1);
    if (!this.inTools) {
      if (stems[at] === 0) {
        stems[at] = ASKED;
        this.distinct++;
      }
    } else if (stems[at] === ASKED) {
      stems[at] = FOUND;
      this.found++;
    } else if (hash === DESCRIPTION) this.listed++;
  }

  /** The question is over, the tools begin. */
  end(words: number, numbers: NumberTally, symbols: SymbolTally): void {
    this.inTools = true;
    this.words = words;
    this.numbers = numbers.count;
    this.enumerated = this.joins + symbols.commas;
    this.stops = symbols.stops;
    this.quotes = symbols.quotes;
    this.askedCapitals = this.capitals;
  }

  write(out: Float64Array): void {
    if (this.hasTools) stems.fill(0);
    out[AT.names] = log(this.names);
    out[AT.listedTools] = log(this.listed);
    out[AT.toolsAsList] = this.asList ? 1 : 0;
    out[AT.loneTool] = this.asList && this.tools === 1 ? 1 : 0;
    out[AT.askedShare] = this.distinct === 0 ? 0 : this.found / this.distinct;
    out[AT.askedWords] = log(this.words);
    out[AT.askedNumbers] = log(this.numbers);
    out[AT.askedJoins] = log(this.enumerated);
    out[AT.askedSentences] = log(this.stops);
    out[AT.askedQuotes] = log(this.quotes);
    out[AT.askedCapitals] = log(this.askedCapitals);
    out[AT.askedEach] = log(this.each);
    out[AT.listedArrays] = log(this.arrays);
    out[AT.listedTypes] = log(this.types);
  }
}
