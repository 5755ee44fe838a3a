import { describe, expect, test } from 'vitest';
import { type SseEvent, SseParser } from '../../src/provider/sse.ts';

function parse(...chunks: (string | Buffer)[]): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = new SseParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(Buffer.from(chunk));
  parser.end();
  return events;
}

const dataOf = (events: SseEvent[]) => events.map(({ data }) => data);

describe('the event stream parser', () => {
  test.each([
    ['events end with a blank line', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['the space after the colon is optional, and only one is taken', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
    ['several data lines are one event', 'data: a\ndata: b\n\n', ['a\nb']],
    ['comments and blank lines are nothing', ': ping\n\n\n\n: x\ndata: a\n\n', ['a']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR alone', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['the last event needs no blank line', 'data: a\n\ndata: b\n', ['a', 'b']],
    ['nor a line end', 'data: a\n\ndata: b', ['a', 'b']],
    ['a byte order mark is skipped', '\ufeffdata: a\n\n', ['a']],
    ['other fields are skipped', 'id: 1\nretry: 5\ndata: a\n\nid: 2\n\n', ['a']],
    ['empty data is an event without text', 'data:\n\n', ['']],
    ['colons, quotes and the like are text', 'data: {"a":"b: c\\n"}\n\n', ['{"a":"b: c\\n"}']],
  ])('%s', (_, text, data) => {
    expect(dataOf(parse(text))).toEqual(data);
  });

  test('the event field belongs to its event only', () => {
    expect(parse('event: error\ndata: a\n\ndata: b\n\n')).toEqual([
      { event: 'error', data: 'a' },
      { data: 'b' },
    ]);
  });

  test('every cut of the bytes gives the same events', () => {
    const bytes = Buffer.from('\ufeff: hi\r\ndata: ä€😀\r\ndata: 二\r\n\r\nevent: x\rdata: y\r\rdata: z');
    const whole = parse(bytes);
    expect(dataOf(whole)).toEqual(['ä€😀\n二', 'y', 'z']);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(parse(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(whole);
    }
    expect(parse(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  test('a line without end is bounded', () => {
    const parser = new SseParser(() => {}, 1000);
    const drip = () => {
      for (let sent = 0; sent < 2000; sent += 100) parser.push(Buffer.alloc(100, 'x'));
    };
    expect(drip).toThrow(/longer than 1000 bytes/);
  });

  test('a long line that drips in does not cost its square', () => {
    const events: SseEvent[] = [];
    const parser = new SseParser((event) => events.push(event));
    const drop = Buffer.from('x');
    const started = performance.now();
    parser.push(Buffer.from('data: '));
    for (let drops = 0; drops < 200_000; drops++) parser.push(drop);
    parser.push(Buffer.from('\n\n'));
    expect(events[0]?.data).toHaveLength(200_000);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
