/** Word stock of the tasks. */
export const PEOPLE = [
  ...['Ada', 'Boris', 'Chen', 'Dalia', 'Emeka', 'Freya', 'Goran', 'Hana', 'Ines', 'Jonas', 'Kofi', 'Leila'],
  ...['Mirko', 'Nadia', 'Oskar', 'Priya', 'Quim', 'Rosa', 'Sven', 'Tariq', 'Uma', 'Vera', 'Wanda', 'Yusuf'],
];
export const CITIES = [
  'Lima',
  'Oslo',
  'Porto',
  'Quito',
  'Riga',
  'Sofia',
  'Tunis',
  'Turin',
  'Vienna',
  'Windhoek',
];
export const GOODS = [
  ...['lamp', 'kettle', 'bicycle', 'violin', 'carpet', 'ladder', 'mirror', 'pillow', 'teapot', 'wallet'],
  ...['blanket', 'bucket', 'hammer', 'notebook', 'umbrella', 'whistle'],
];
export const COLOURS = ['amber', 'blue', 'crimson', 'green', 'ivory', 'olive', 'pink', 'teal', 'white'];
export const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];

/** Lower-case words for sentences whose sense does not matter. */
export const VOCABULARY = (
  'apple autumn bird bottle bright calm candle castle cloud cold corner crow damp dark deep distant dog door dusk ' +
  'early east echo empty evening fair field fire fish flute fog forest fox frost garden ghost gold grass green harbor ' +
  'hill honey horn ice iron island ivory jar jolly judge juniper kettle kind king kite lake lamp lazy leaf lemon light ' +
  'lilac lion loud low magic maple meadow mild mist moon moss music narrow night north oak ocean old olive orchard owl ' +
  'paper path pearl pilot plum pond proud quail queen quick quiet quill rain raven red river road robin rust salt sand ' +
  'sharp ship silk silver sky slow snow soft song south spark spring star still stone storm sugar summer sun swift tall ' +
  'thin tide tiger town tree tulip under unit upper urban vale vast velvet vine violet walnut warm water west wild wind ' +
  'winter wolf wood yard yarn year yellow young zeal zebra zigzag zinc zone'
).split(' ');

export const CLOSING = 'End with a line of the form "Answer: ..." that holds only the answer.';

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
