import { describe, expect, test } from 'vitest';
import { jsonState } from '../../src/verifier/json-prefix.ts';
import { truncationVerifier } from '../../src/verifier/truncation-verifier.ts';
import { describeVerifier, toolCall } from './shared.ts';

describeVerifier(truncationVerifier, {
  passes: [
    { what: 'a whole answer', text: 'The answer is 4.' },
    { what: 'whole JSON', text: '{"a":[1,2,{"b":"}"}]}' },
    { what: 'a closed fence', text: 'So:\n```js\nf(`x`);\n```\nDone.' },
    { what: 'a longer fence around a shorter one', text: '````md\n```\n````' },
    { what: 'fences in a list', text: '- ```js\n  f()\n  ```\n- done' },
    { what: 'three backticks inline', text: 'Use ```code``` here.' },
    { what: 'a half-open interval', text: '[1, 2) holds both.' },
    { what: 'a set', text: '{x | x > 0}' },
    { what: 'a note in brackets', text: '[Note: see below' },
    { what: 'a call without text', message: { tool_calls: [toolCall('f', '{}')] } },
    { what: 'a refusal, which is another verifier’s business', message: { refusal: 'No.' } },
  ],
  fails: [
    { what: 'finish reason length', text: 'The answer', finishReason: 'length' },
    { what: 'finish reason max_tokens', text: 'The answer', finishReason: 'max_tokens' },
    { what: 'JSON that stops in a string', text: '{"a":"so far' },
    { what: 'JSON that stops between items', text: '[1, 2,' },
    { what: 'an open fence', text: 'So:\n```js\nf();' },
    { what: 'a tilde fence closed by backticks', text: '~~~\nx\n```' },
    { what: 'arguments that stop', message: { tool_calls: [toolCall('f', '{"a":')] } },
    { what: 'no answer at all', text: ' \n' },
  ],
});

describe('the state of a JSON text', () => {
  const document = '{"a\\u00e9\\n":[-1.5e+3,true,{"b":null,"c":""},[]],"d":{}}';

  test('each proper beginning of a document is unfinished, and the document complete', () => {
    for (let end = 1; end < document.length; end++) {
      expect(jsonState(document.slice(0, end)), document.slice(0, end)).toBe('unfinished');
    }
    expect(jsonState(document)).toBe('complete');
  });

  test('what is complete is what JSON.parse accepts, on mutated documents (seed 7)', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const alphabet = '{}[]",:\\-+.eE01t n\t';
    for (let round = 0; round < 20_000; round++) {
      const chars = [...document];
      for (let edit = 0; edit <= random(3); edit++) {
        chars.splice(
          random(chars.length),
          random(3),
          ...(random(2) ? [alphabet[random(alphabet.length)]!] : []),
        );
      }
      const text = chars.join('');
      let parses = true;
      try {
        JSON.parse(text);
      } catch {
        parses = false;
      }
      expect(jsonState(text) === 'complete', text).toBe(parses);
    }
  });

  test.each([
    '',
    '  ',
    '01',
    '[1 2]',
    '{"a" 1}',
    '{,',
    '[,',
    '[1,]',
    '{"a":1,}',
    '"a\nb',
    '"\\x',
    'nul!',
    '}',
  ])('invalid: %j', (text) => {
    expect(jsonState(text)).toBe('invalid');
  });
});
