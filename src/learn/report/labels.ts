/** Names beside dots where they cover nothing; a name that finds no place is left to the table below the plot. */

export interface Dot {
  x: number;
  y: number;
  name: string;
}

export interface Placed {
  x: number;
  y: number;
  anchor: 'start' | 'end' | 'middle';
  name: string;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Widths of characters at the size of labels, in pixels: rather too wide, as fonts differ. */
const [CHARACTER, CAPITAL, WIDEST] = [6.9, 9.5, 13];
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}MW@\uFF00-\uFFFD]/u;
const HEIGHT = 14;
const GAP = 8;

/**
 * @param dots the important ones first; all are kept clear of names
 * @param lines points of the plot's lines, which names keep clear of where they can
 */
export function placeLabels(
  dots: readonly Dot[],
  lines: readonly (readonly [number, number])[],
  room: Box,
  most: number,
): Placed[] {
  const crossed = lines.map(([x, y]) => ({ left: x - 2, right: x + 2, top: y - 2, bottom: y + 2 }));
  const taken: Box[] = dots.map(({ x, y }) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }));
  const placed: Placed[] = [];
  for (const { x, y, name } of dots) {
    if (placed.length >= most) break;
    const width = widthOf(name);
    const options: Placed[] = [
      { x: x + GAP, y: y + 4, anchor: 'start', name },
      { x: x - GAP, y: y + 4, anchor: 'end', name },
      { x, y: y - 10, anchor: 'middle', name },
      { x, y: y + 19, anchor: 'middle', name },
      { x: x + GAP, y: y - 7, anchor: 'start', name },
      { x: x + GAP, y: y + 16, anchor: 'start', name },
      { x: x - GAP, y: y - 7, anchor: 'end', name },
      { x: x - GAP, y: y + 16, anchor: 'end', name },
    ];
    const possible = options.filter((option) => {
      const box = boxOf(option, width);
      const inside =
        box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
      return inside && !taken.some((other) => overlap(box, other));
    });
    const clear = (option: Placed) => !crossed.some((point) => overlap(boxOf(option, width), point));
    const fits = possible.find(clear) ?? possible[0];
    if (!fits) continue;
    taken.push(boxOf(fits, width));
    placed.push(fits);
  }
  return placed;
}

function widthOf(name: string): number {
  let width = 0;
  for (const letter of name)
    width += WIDE.test(letter) ? WIDEST : /\p{Lu}/u.test(letter) ? CAPITAL : CHARACTER;
  return width;
}

function boxOf({ x, y, anchor }: Placed, width: number): Box {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - HEIGHT + 3, bottom: y + 3 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
