import { textOf } from '../request.ts';
import type { Verifier, VerifierInput } from './verifier.ts';

/** A refusal is short; a long answer that begins like one usually goes on to help. */
const LONGEST_REFUSAL_CHARS = 600;

/** An apology or an address in front of the refusal itself. */
const OPENING = String.raw`(?:(?:i['’]?m|i am)\s+(?:very\s+|so\s+|really\s+)?sorry|sorry|my apologies|i apologi[sz]e|unfortunately|as an ai(?: language)?(?: model| assistant)?)[^.!?\n]{0,20}?[,.;:—–-]?\s*(?:but\s+)?`;

/** "this", "your request", "that kind of question", and nothing after it. */
const THE_REQUEST = String.raw`(?:this|that|such|your|the)(?: (?:kind|type|sort) of)?(?: \w+)?(?: (?:because|since|as)\b|[.!,;]|$)`;

const PATTERNS: RegExp[] = [
  // English: an inability, and what it is about must be the request itself or harmful content as such.
  new RegExp(
    `^(?:${OPENING})?i(?:['’]m| am)?\\s+(?:really\\s+)?(?:can(?:no|['’])t|can not|won['’]t|will not|(?:not able|unable) to|not comfortable)\\s+(?:to\\s+)?` +
      `(?:(?:help|assist|continue)(?:ing)?(?: you)?(?: with (?:creating|making|any)\\b|(?: with)? ${THE_REQUEST}|[.!]|$)|comply\\b|` +
      `(?:fulfil+|answer|discuss|do|provide|share|create|generate|write|support|engage in|participate in)(?:ing)? ` +
      `(?:${THE_REQUEST}|content|instructions|information (?:on|about|that|for)\\b))`,
    'i',
  ),
  new RegExp(`^(?:${OPENING})?i (?:must|have to|need to) (?:respectfully )?(?:decline|refuse)\\b`, 'i'),
  /^(?:this|that|your) (?:request|content|prompt) (?:violates|goes against|is against) /i,
  // German
  /^(?:es tut mir leid|tut mir leid|entschuldigung|leider)?[,.]?\s*(?:aber\s+)?(?:dabei|damit|bei (?:dieser|ihrer|deiner) anfrage)?\s*(?:kann|darf|werde) ich\s+(?:(?:ihnen|dir|euch)\s+)?(?:(?:dabei|damit|hierbei|diese anfrage|dieser bitte|bei (?:dieser|ihrer|deiner) anfrage)\s+)?(?:leider\s+)?nicht\s+(?:(?:dabei|damit)\s+)?(?:(?:weiter)?helfen|behilflich|unterst[üu]tzen|nachkommen|beantworten)/i,
  /^ich (?:kann|darf|werde)\s+(?:(?:ihnen|dir|euch)\s+)?(?:(?:dabei|damit|diese anfrage|dieser bitte|dieser anfrage|bei (?:dieser|ihrer|deiner) anfrage)\s+)?(?:leider\s+)?nicht\s+(?:(?:dabei|damit)\s+)?(?:(?:weiter)?helfen|behilflich|unterst[üu]tzen|nachkommen|beantworten)/i,
  // French
  /^(?:je suis (?:vraiment )?d[ée]sol[ée]e?|d[ée]sol[ée]e?)?[,.]?\s*(?:mais\s+)?je ne (?:peux|puis|suis) pas (?:(?:en mesure|capable) d[e'’]\s*)?(?:vous |t['’]|te )?(?:aider|assister|r[ée]pondre [àa] (?:cette|votre|ta)|donner suite|acc[ée]der [àa] (?:cette|votre|ta))/i,
  // Spanish
  /^(?:lo siento|disculpa|perd[óo]n)?[,.]?\s*(?:pero\s+)?no (?:puedo|me es posible) (?:ayudar(?:te|le|los)?(?: con (?:es[oae]|est[aeo]|tu|su)|[.!]|$)|asistir(?:te|le)?|cumplir con|responder a es[ae])/i,
  // Italian
  /^(?:mi dispiace|spiacente)?[,.]?\s*(?:ma\s+)?non posso (?:aiutar(?:ti|la|vi)(?: con (?:quest[oa]|la tua)|[.!]|$)|soddisfare (?:questa|la tua)|rispondere a questa)/i,
  // Portuguese
  /^(?:sinto muito|desculpe|lamento)?[,.]?\s*(?:mas\s+)?n[ãa]o posso (?:(?:te |lhe )?ajudar(?:-l[oa])?(?: com (?:iss?o|ess[ea]|est[ea])|[.!]|$)|atender (?:a )?(?:ess[ea]|est[ea]|seu)|responder a ess[ea])/i,
  // Chinese, Japanese, Korean, Russian
  /^(?:(?:非常|很)?抱歉|对不起)[，,。]?\s*(?:但)?我?(?:无法|不能)(?:帮助|协助|提供(?:此类|这类|该)|满足|回答(?:这个|该|此))/,
  /^(?:申し訳(?:ありません|ございません)(?:が)?|すみません(?:が)?)[、。]?\s*(?:その|この|ご)(?:よう[なの])?(?:ご)?(?:依頼|要望|質問|リクエスト|内容)に(?:は)?(?:お応え|お答え|対応)(?:することは)?(?:でき|いたしかね)/,
  /^죄송(?:합니다|하지만)[.,]?\s*(?:(?:그|이|해당) ?(?:요청|질문)(?:에는|은|을|에)? ?)?(?:도와드릴 수 없|도움을 드릴 수 없|답변(?:해 )?드릴 수 없)/,
  /^(?:извините|простите|к сожалению|мне жаль)?[,.]?\s*(?:но\s+)?я не могу (?:вам |тебе )?(?:помочь (?:вам |тебе )?(?:с этим|в этом)|выполнить (?:этот|эту|ваш)|ответить на (?:этот|ваш))/i,
];

/**
 * Fails an answer that refuses: by the provider's `refusal` field, by its content filter, or in words. The
 * words are recognised conservatively, at the start of a short answer, in ten languages: a refusal missed
 * costs one bad answer, a good answer taken for a refusal costs a call.
 */
export function refusalVerifier(): Verifier {
  return {
    name: 'refusal',
    verify(input) {
      const reason = refusalOf(input);
      return reason === undefined ? { pass: true } : { pass: false, reason };
    },
  };
}

function refusalOf({ message, finishReason }: VerifierInput): string | undefined {
  if (message.refusal) return `The model refused: ${message.refusal}`;
  if (finishReason === 'content_filter') return "The provider's content filter stopped the answer.";
  if (message.tool_calls?.length) return undefined;
  const text = textOf(message.content)
    .replace(/^[\s*_#>"“'‘]+/, '')
    .trimEnd();
  if (text.length > LONGEST_REFUSAL_CHARS || !PATTERNS.some((pattern) => pattern.test(text)))
    return undefined;
  return `The answer refuses: "${text.slice(0, 80)}"`;
}
