/**
 * Numbers as people and models write them: signs, groups of digits, fractions, powers of ten, currencies and
 * units. What may mean more than one number is none.
 */
import { READ_CHARS, statedAnswer } from './reading.ts';

const DIGITS = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+`;
/** Written without a space, as in "42km". Only these: "42k" and "42B" are other numbers, "42x" a term. */
const UNIT =
  '(?:[kcmnµμ]?m[23²³]?|mi|ft|in|yd|ha|[kmµμ]?g|lbs?|oz|t|[mc]?[lL]|h|hrs?|min|sec|m?s|[km]?W|kWh|[km]?V|m?A|[kMG]?Hz|[kKMGT]B|k?cal|k?J|k?N|k?Pa|°?[CF]|mph|rpm|dB|px|mol|EUR|USD|GBP|JPY|CHF)';
/** Whole or not at all: the 5 of "5.2.1", "5²", "12:5", "x^5" and "√5" is no number that was meant. */
const NUMBER = new RegExp(
  String.raw`(?<![\w.√^]|\d[,:]|\^\{)([-+]?(?:${DIGITS})(?:[eE][-+]?\d+)?)(?:\s?/\s?(\d+))?${UNIT}?(?![\w\p{No}]|[.,:]\d)`,
  'gu',
);

/** What makes the number before it a part of a calculation, a range or a list. */
const GOES_ON = new RegExp(
  [
    String.raw`^[\s})$]*(?:[-+*/^×·÷±–−,;]|x(?=\s?\d)|\\(?:times|cdot|div|pm)(?![a-z])|(?:or|and|to)(?![a-z]))[\s{($]*[-−]?\.?\d`,
    String.raw`^\s+\.?\d`,
    String.raw`^\s+and (?:a|one) (?:half|third|quarter)`,
  ].join('|'),
  'i',
);

/**
 * The number stated as the answer, else what "the answer is" leads to, else the last number of the text;
 * `undefined` where there is none, or a choice of several.
 */
export function readNumber(whole: string): number | undefined {
  const text = whole.slice(-READ_CHARS);
  const stated = statedAnswer(text);
  if (stated !== undefined) return statedNumber(stated);
  const at = text.toLowerCase().lastIndexOf('answer is ');
  const lead = at < 0 ? '' : text.slice(at).split('\n', 1)[0]!;
  return numbersIn(lead)[0]?.value ?? numbersIn(text).at(-1)?.value;
}

/**
 * The one number that an answer gives: "6 * 7 = 42 crates", "42 (= 6 * 7)" and "84/2" give 42; "41 or 42",
 * "6 * 7", "40, 42" and "4 2" give none.
 */
export function statedNumber(stated: string): number | undefined {
  const single = withAsciiDigits(stated)
    // At the beginning, or after the sign of equality, this can only be a sign.
    .replace(/(^|=)([\s$]*)[-–]\s+(?=[\d.])/g, '$1$2-')
    .replace(/(?<=\d)(?:st|nd|rd|th)\b/g, '')
    .replace(/(?<![\d.,])\d{1,3}(?: \d{3})+(?=,\d{1,2}(?!\d)|(?![\d.,]*\d))/g, (digits) =>
      digits.replaceAll(' ', ''),
    );
  return single
    .split('=')
    .map((part) => {
      const [first] = numbersIn(part);
      return first && !GOES_ON.test(first.after) ? first.value : undefined;
    })
    .findLast((value) => value !== undefined);
}

interface FoundNumber {
  value: number;
  /** The beginning of the text after it. */
  after: string;
}

function numbersIn(text: string): FoundNumber[] {
  const plain = withPlainSigns(withAsciiDigits(text));
  return plain
    .matchAll(NUMBER)
    .map((match) => {
      const [all, number, divisor = '1'] = match;
      return {
        value: Number(number!.replaceAll(',', '')) / Number(divisor),
        after: plain.slice(match.index + all.length, match.index + all.length + 40),
      };
    })
    .toArray();
}

/** Where the digits of other scripts begin: Arabic, Persian, Devanagari, Bengali. */
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6];

/** Full-width characters, digits of other scripts, raised exponents and fractions, as everyone reads them. */
function withAsciiDigits(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => wide.normalize('NFKC'))
    .replace(/[٠-٩۰-۹०-९০-৯]/g, (digit) => {
      const code = digit.charCodeAt(0);
      return String(code - ZEROS.findLast((zero) => zero <= code)!);
    })
    .replace(/(?<=\d)[٫٬](?=\d)/g, (mark) => (mark === '٫' ? '.' : ','))
    .replace(/(?<=(?<!\d)10)[⁰¹²³⁴-⁹⁻]+/g, (raised) => `^${raised.normalize('NFKC').replace('−', '-')}`)
    .replace(/(\d?)([¼-¾⅐-⅞])/g, (_, whole: string, part: string) => {
      const fraction = part.normalize('NFKC').replace('⁄', '/');
      return whole === '' ? fraction : `${whole} ${fraction}`;
    });
}

/** One sign for minus, one for the decimals, none between groups of digits. */
function withPlainSigns(text: string): string {
  return (
    text
      .replace(/(?:[−‑]\s?|–)(?=\\?[\d.$€£¥])/g, '-')
      .replace(/\b(?:minus|negative)\s+(?=[\d.])/gi, '-')
      .replace(/(?<!\w)-\\?[$€£¥]\s?(?=[\d.])/g, '-')
      .replace(/\b(?:EUR|USD|GBP|JPY|CHF)(?=[-\d.])/g, '$& ')
      .replace(/\{,\}/g, ',')
      .replace(/(?<=\d)(?:\\[,;:! ]|[\u00a0\u2009\u202f'’_~])(?=\d{3}(?!\d))/g, '')
      // 1.234.567 and 1.234,5 group by dots; a comma with other than three digits behind it begins decimals.
      .replace(/(?<![\d.,])\d{1,3}(?:\.\d{3})+(?:,\d+|(?<=\.\d{3}\.\d{3}))(?![\d.,]*\d)/g, (number) =>
        number.replaceAll('.', '').replace(',', '.'),
      )
      .replace(/(?<![\d.,])(0|\d+(?=,(?:\d{1,2}|\d{4,})(?!\d))),(?=\d+(?![\d.,]*\d))/g, '$1.')
      .replace(/\\[dt]?frac\{(-?\d+)\}\{(\d+)\}/g, '$1/$2')
      .replace(
        /(?<![\d.,/])(\d{1,6}) (\d{1,3})\/(\d{1,3})(?![\d/.])/g,
        (_, whole: string, part: string, of: string) => `${Number(whole) * Number(of) + Number(part)}/${of}`,
      )
      .replace(/(?<=\d)\s?(?:×|·|\*|x|\\times|\\cdot)\s?10\^(?:\{(-?\d{1,3})\}|(-?\d{1,3}))/g, 'e$1$2')
      .replace(/(?<![\w.^]|[*×·x]\s?)10\^(?:\{(-?\d{1,3})\}|(-?\d{1,3}))/g, '1e$1$2')
      // "17-5", "x-3" and "17 -5" subtract; the sign of "is -5" is one.
      .replace(/(?<=[\w)]|[\d)]\s|\b[a-z]\s)-(?=\d)(?<!\d[eE]-)/gi, '- ')
  );
}
