/**
 * Courtesies around a question: greetings, thanks, requests for help. They say nothing of what is asked, but by them a
 * short prompt gets twice as long, with another first line and more sentences. What is listed here are words, not
 * phrases: a sentence at either end is left out if all of its words are small talk and one of them is a courtesy. A
 * sentence that names anything else stays. English only.
 */

/** Logged prompts carry their tool list in the text, after this line. */
export const TOOLS_MARK = '\n[tools]\n';

/** Where the human's words end: before the tools that are listed after them, and before blanks. */
export function questionEnd(text: string): number {
  const toolsAt = text.indexOf(TOOLS_MARK);
  return backOverBlanks(text, toolsAt < 0 ? text.length : toolsAt);
}

const wordsOf = (list: string): readonly string[] => list.trim().split(/\s+/);

/** One of these makes a courtesy of a sentence of small talk. */
const COURTESIES = new Set(
  wordsOf(`
    hi hello hey hiya dear greetings morning afternoon evening welcome
    please pls plz kindly sorry apologies pardon excuse bother mind wondering
    thanks thank thx ty cheers appreciate appreciated grateful gratitude regards sincerely
    help helping helpful assist assistance favor favour question questions
  `),
);
const SMALL_TALK = new Set(
  wordsOf(`
    i im me my mine we us our you u your ur it its they them he she this that these those one ones some any all
    someone anyone everyone somebody anybody everybody something anything thing things
    what which who how why when where whether a an the and or but so if as than then because since though
    for to of in on at with from by about into up out off over after before between below above
    again back here there now just only also too very really quite much many lot lots bit little few more most
    well fine good great nice kind best warm happy lovely wonderful quick quickly soon possible able sure
    ok okay yes no not don t m s re ll ve d
    is are am be been being was were do does did doing done have has had having can could would will shall should
    may might must let lets like love need want wish hope hoping try trying get got give given take taking make
    know see look looking forward hear find figure ask asking tell say work working solve solving
    answer answers answering explain understand stuck following next last first
    problem problems task tasks exercise exercises issue case matter reply response
    advance time moment second minute day week weekend year today tomorrow
    assistant ai bot friend friends sir madam team guys folks buddy mate
  `),
);

/** No courtesy is longer. */
const MOST_CHARS = 300;
/** Words before a comma that ends a courtesy, as in "Hi there, ...": longer ones may go on with the matter. */
const MOST_COMMA_WORDS = 3;

const COMMA = 44;
const COLON = 58;
const CLOSING_BRACKET = 41;
const stops = new Set(Array.from('.!?:;,', (sign) => sign.charCodeAt(0)));
/** What may stand between the words of a courtesy, as in "it's", "well - thanks" and ":-)". */
const light = new Set([...stops, ...Array.from("'’()-–—", (sign) => sign.charCodeAt(0))]);

const isBlank = (code: number): boolean => code <= 32;
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 0xc0 && code < 0x2000);

/** Whether a sentence, or a line, is over with the character at `at`: what follows it is blank. */
function ends(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === 10) return true;
  if (at + 1 < text.length && !isBlank(text.charCodeAt(at + 1))) return false;
  // A smile ends a sentence too.
  return stops.has(code) || (code === CLOSING_BRACKET && light.has(text.charCodeAt(at - 1)));
}

/** The words come across so far, and whether all of them are small talk and one a courtesy. */
class Talk {
  words = 0;
  courteous = false;

  /** @returns whether it still is small talk */
  add(word: string): boolean {
    this.words++;
    if (COURTESIES.has(word)) this.courteous = true;
    else if (!SMALL_TALK.has(word)) return false;
    return true;
  }
}

/** Where the courtesies before what is asked end; 0 where there are none. */
function openingEnd(text: string, to: number): number {
  const talk = new Talk();
  let cut = 0;
  let at = 0;
  while (at < to && at < MOST_CHARS) {
    const from = at;
    while (at < to && at - from < MOST_CHARS && isLetter(text.charCodeAt(at))) at++;
    if (at > from) {
      if (!talk.add(text.slice(from, at).toLowerCase())) return cut;
      continue;
    }
    const code = text.charCodeAt(at);
    if (!isBlank(code) && !light.has(code)) return cut;
    at++;
    if (!talk.courteous || !ends(text, at - 1) || (code === COMMA && talk.words > MOST_COMMA_WORDS)) continue;
    while (at < to && isBlank(text.charCodeAt(at))) at++;
    cut = at;
  }
  return cut;
}

/** Where the courtesies after what is asked begin; `to` where there are none. */
function closingStart(text: string, to: number): number {
  const talk = new Talk();
  let cut = to;
  let at = to;
  while (at > 0 && to - at < MOST_CHARS) {
    const end = at;
    while (at > 0 && end - at < MOST_CHARS && isLetter(text.charCodeAt(at - 1))) at--;
    if (at < end) {
      if (!talk.add(text.slice(at, end).toLowerCase())) return cut;
      continue;
    }
    const code = text.charCodeAt(at - 1);
    const foreign = !isBlank(code) && !light.has(code);
    // A number or sign of the question ends it as well as a stop does; a comma may stand in a list of words.
    const over = foreign ? isBlank(text.charCodeAt(at)) : code !== COMMA && ends(text, at - 1);
    // What follows a colon is what it announces.
    if (over && code === COLON) return cut;
    if (over && talk.courteous) cut = at;
    if (foreign) return cut;
    at--;
  }
  return cut;
}

/** The text without courtesies before and after what is asked; as it is where nothing else is said. */
export function withoutCourtesies(text: string): string {
  const to = questionEnd(text);
  const from = openingEnd(text, to);
  const end = backOverBlanks(text, closingStart(text, to));
  if (end <= from || (from === 0 && end === to)) return text;
  return text.slice(from, end) + text.slice(to);
}

function backOverBlanks(text: string, to: number): number {
  let end = to;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--;
  return end;
}
