/** What the router checks itself: the request of a caller without types, the decision of a stranger's policy. */
import { XrouterError } from './errors.ts';
import type { Decision, PolicyState } from './policy/policy.ts';
import type { RouteRequest } from './request.ts';
import { textOf } from './request.ts';

/** A request above this is a mistake or an attack; the largest context windows hold about 8 million characters. */
const MOST_CHARS = 32_000_000;

/** @throws XrouterError `invalid_request` that names the field and what it must be */
export function checkRequest(request: RouteRequest): void {
  const { messages, lambda, minSuccess, limits, maxOutputTokens, runIds = [] } = request;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid('`messages` is empty.', 'Send at least one message with role "user".');
  }
  let chars = 0;
  let said = false;
  for (const [index, message] of messages.entries()) {
    if (!ROLES.has(message?.role)) {
      throw invalid(`\`messages[${index}].role\` is ${JSON.stringify(message?.role)}.`, ROLE_HINT);
    }
    const { content } = message;
    if (content != null && typeof content !== 'string' && !Array.isArray(content)) {
      throw invalid(
        `\`messages[${index}].content\` is not text.`,
        'It must be a string or an array of parts.',
      );
    }
    chars += textOf(content).length;
    if (message.role === 'user' || message.role === 'tool') {
      said ||= typeof content === 'string' ? content.trim() !== '' : (content?.length ?? 0) > 0;
    }
  }
  if (!said)
    throw invalid('The prompt is empty.', 'Send a user message with some text, a picture or a file.');
  if (chars > MOST_CHARS) {
    throw invalid(
      `The messages hold ${chars} characters.`,
      `At most ${MOST_CHARS} can be sent; shorten them.`,
    );
  }
  checkNumber('lambda', lambda, 0, Number.MAX_VALUE, '0 ignores cost, larger prefers cheaper.');
  checkNumber('minSuccess', minSuccess, 0, 1, 'It is a probability.');
  checkNumber('maxOutputTokens', maxOutputTokens, 1, Number.MAX_SAFE_INTEGER, 'It counts tokens.');
  for (const [name, value] of Object.entries(limits ?? {})) {
    checkNumber(`limits.${name}`, value, 0, Number.MAX_VALUE, 'Leave it out for the default.');
  }
  if (!Array.isArray(runIds) || runIds.some((id) => typeof id !== 'string' || id === '')) {
    throw invalid('`runIds` are not ids.', 'It must be an array of strings.');
  }
}

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool']);
const ROLE_HINT = `It must be one of ${[...ROLES].join(', ')}.`;

function checkNumber(name: string, value: unknown, least: number, most: number, hint: string): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= most) return;
  const range =
    most === Number.MAX_VALUE || most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least}..${most}`;
  throw invalid(`\`${name}\` is ${JSON.stringify(value)}; it must be a number, ${range}.`, hint);
}

function invalid(message: string, hint: string): XrouterError {
  return new XrouterError('invalid_request', message, { hint });
}

/**
 * A policy may be anybody's code, so what it decides is looked at before it is done.
 * @throws XrouterError `policy_failed` that says what is wrong with the decision
 */
export function checkDecision(decision: Decision, state: PolicyState): Decision {
  const failed = (what: string) =>
    new XrouterError('policy_failed', what, { hint: 'See the Policy interface for what decide() returns.' });
  const action = decision?.action;
  if (action?.type === 'stop') {
    const done = state.steps.some(({ calls }) => calls.some((call) => call.status === 'completed'));
    if (!done) throw failed('It stopped before any call was answered.');
  } else if (action?.type === 'answer') {
    if (action.message?.role !== 'assistant') throw failed('It answered without an assistant message.');
  } else if (action?.type === 'call') {
    if (!Array.isArray(action.calls) || action.calls.length === 0) throw failed('It called nobody.');
    for (const { model } of action.calls) {
      if (!state.candidates.some((candidate) => candidate.id === model)) {
        throw failed(`It chose ${JSON.stringify(model)}, which is not an admitted candidate.`);
      }
    }
  } else {
    throw failed(`It returned no action but ${JSON.stringify(action)}.`);
  }
  return {
    ...decision,
    estimates: decision.estimates ?? [],
    propensity: decision.propensity ?? 1,
    policy: decision.policy ?? 'unnamed',
  };
}
