import type { AssistantMessage } from '../request.ts';
import type { GymTask } from './task.ts';

/** A wrong answer of the kind a model gives: in the right form, off by one thing. The lab's models give it. */
export function mistakeOf(task: GymTask): AssistantMessage {
  const { solution, request } = task;
  const text = typeof solution.content === 'string' ? solution.content : '';
  const say = (content: string): AssistantMessage => ({ role: 'assistant', content });
  switch (task.task) {
    case 'tool-choice': {
      const name = request.tools![0]!.function.name;
      // With words, since an answer that is altogether empty counts as a failed call.
      if (solution.tool_calls)
        return { ...solution, content: 'Done.', tool_calls: solution.tool_calls.slice(1) };
      return {
        ...solution,
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: '{}' } }],
      };
    }
    case 'code':
      return say(text.replace(/return value;\n}\n```$/, 'return [...value, 0];\n}\n```'));
    case 'extraction': {
      const { orders } = JSON.parse(text);
      return say(
        JSON.stringify({ orders: [{ ...orders[0], express: !orders[0].express }, ...orders.slice(1)] }),
      );
    }
    case 'instructions':
      return say(`${text} again`);
    case 'seating':
      return say(`Answer: ${text.replace('Answer: ', '').split(', ').toReversed().join(', ')}`);
    case 'truth-tellers':
      return say(text.endsWith('nobody') ? 'Answer: all of them' : 'Answer: nobody');
    default:
      return say(
        /\d$/.test(text) ? text.replace(/-?\d+$/, (number) => String(Number(number) + 1)) : text.slice(0, -1),
      );
  }
}
