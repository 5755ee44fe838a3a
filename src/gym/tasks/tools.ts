/** The right tool with the right arguments, among ones that sound alike. Size: tools offered and calls needed. */
import type { AssistantMessage, ToolCall } from '../../request.ts';
import { canonical } from '../../verifier/json-value.ts';
import type { Random } from '../random.ts';
import { type Draft, RIGHT, type Score, scaled, textOfAnswer, wrong } from '../task.ts';
import { DISTRACTORS, TOOL_SKILLS } from './tool-skills.ts';

interface Call {
  name: string;
  args: Record<string, unknown>;
}

export function toolChoice(random: Random, difficulty: number): Draft {
  const callCount = difficulty < 0.5 ? 1 : scaled(difficulty, 1, 3);
  const noise = scaled(difficulty, 1, 12);
  // Some requests fit none of the tools; then the right thing is to call none.
  const none = random.chance(0.12);
  const skills = random.sample(TOOL_SKILLS, callCount);
  const wanted = skills.map((skill) => ({ tool: skill.tool, ...skill.make(random) }));
  const others = random.sample(
    [...DISTRACTORS, ...TOOL_SKILLS.filter((skill) => !skills.includes(skill)).map((skill) => skill.tool)],
    noise + (none ? callCount : 0),
  );
  const tools = random.shuffle(none ? others : [...wanted.map(({ tool }) => tool), ...others]);
  const asked = wanted.map(({ words }) => words).join(' Also, ');
  const expected: Call[] = none ? [] : wanted.map(({ tool, args }) => ({ name: tool.function.name, args }));
  return {
    request: {
      messages: [
        {
          role: 'user',
          content:
            `${asked[0]!.toUpperCase()}${asked.slice(1)}\n\nUse the tools, all calls at once, with exactly the values I gave. ` +
            'If no tool does what I ask, call none and answer "No tool fits."',
        },
      ],
      tools,
    },
    size: tools.length + 4 * callCount,
    solution: none ? { role: 'assistant', content: 'No tool fits.' } : callsAsMessage(expected),
    verify: (message) => compare(message, expected),
  };
}

function callsAsMessage(calls: readonly Call[]): AssistantMessage {
  const tool_calls: ToolCall[] = calls.map(({ name, args }, index) => ({
    id: `call_${index + 1}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return { role: 'assistant', content: null, tool_calls };
}

function compare(message: AssistantMessage, expected: readonly Call[]): Score {
  const given = message.tool_calls ?? [];
  if (expected.length === 0) {
    if (given[0]) return wrong(`${given[0].function.name} was called although no tool fits`);
    // Without these words it may have claimed to have done it, or written a call as text.
    return /no tool fits/i.test(textOfAnswer(message)) ? RIGHT : wrong('it does not say that no tool fits');
  }
  const left = [...expected];
  for (const call of given) {
    const key = keyOf(call);
    if (key === undefined) return wrong(`the arguments of ${call.function.name} are not JSON`);
    const index = left.findIndex(({ name, args }) => name === call.function.name && canonical(args) === key);
    if (index < 0) return wrong(`${call.function.name}(${call.function.arguments}) was not asked for`);
    left.splice(index, 1);
  }
  return left.length === 0 ? RIGHT : wrong(`${left.map(({ name }) => name).join(', ')} was not called`);
}

function keyOf(call: ToolCall): string | undefined {
  try {
    return canonical(JSON.parse(call.function.arguments));
  } catch {
    return undefined;
  }
}
