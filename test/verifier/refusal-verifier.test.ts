import { refusalVerifier } from '../../src/verifier/refusal-verifier.ts';
import { describeVerifier, toolCall } from './shared.ts';

const refusals = [
  "I'm sorry, but I can't help with that.",
  'I’m sorry, I can’t assist with that request.',
  'Sorry, I cannot assist you with this.',
  "I can't help with that.",
  "I'm unable to provide instructions for making explosives.",
  'I am not able to fulfill this request.',
  'I cannot comply with that.',
  "I won't answer that question.",
  'As an AI language model, I cannot create content that harms people.',
  'Unfortunately, I must decline.',
  'I must respectfully decline to answer.',
  '"I\'m not comfortable discussing this topic."',
  '**I cannot share that information.**',
  'Es tut mir leid, aber dabei kann ich dir nicht helfen.',
  'Leider kann ich diese Anfrage nicht beantworten.',
  'Ich kann Ihnen dabei leider nicht helfen.',
  'Désolé, je ne peux pas vous aider.',
  'Je suis désolé, mais je ne peux pas répondre à cette demande.',
  'Lo siento, pero no puedo ayudarte con eso.',
  'Mi dispiace, ma non posso aiutarti con questo.',
  'Desculpe, mas não posso ajudar com isso.',
  '抱歉，我无法协助完成这个请求。',
  '对不起，我不能提供此类信息。',
  '申し訳ありませんが、そのご依頼にはお応えできません。',
  '죄송하지만 그 요청은 도와드릴 수 없습니다.',
  'Извините, но я не могу помочь вам с этим.',
];

/** Answers that sound alike and are none. */
const answers = [
  "I can't help but admire this proof: the sum is 12.",
  'I cannot find a counterexample, so the statement holds.',
  'Sorry about the confusion: the answer is 42.',
  "I'm sorry, but your code has a bug in line 3. Replace `i` by `j`.",
  "I can't provide an exact figure, but roughly three million.",
  'I can help you with that: first, open the file.',
  'Unfortunately, the train leaves at 9:15, so you will miss it.',
  "The email reads: I'm sorry, but I can't help with that.",
  'Ich kann nicht ausschließen, dass es regnet.',
  'Leider kann ich den Fehler nicht reproduzieren; er liegt wohl in Zeile 3.',
  'Je ne peux pas exclure une erreur, mais la réponse est 5.',
  'No puedo confirmar la fecha, pero fue en 1492.',
  'Non posso che confermare: 7.',
  '抱歉让您久等了，答案是 8。',
  '申し訳ありませんが、答えは三です。',
  'К сожалению, поезд уже ушёл.',
  "I can't do this sum in my head, so step by step: 17 times 3 is 51.",
  'I cannot write this without mentioning Newton, so: Newton was born in 1643.',
];

describeVerifier(refusalVerifier, {
  passes: [
    ...answers.map((text) => ({ what: text, text })),
    {
      what: 'a long answer that begins like a refusal',
      text: `I can't help with that part. ${'But here is the rest. '.repeat(40)}`,
    },
    {
      what: 'a tool call',
      text: "I can't help with that.",
      message: { content: "I can't help with that.", tool_calls: [toolCall('find', '{}')] },
    },
    { what: 'an empty refusal field', text: '42', message: { content: '42', refusal: '' } },
  ],
  fails: [
    ...refusals.map((text) => ({ what: text, text })),
    { what: 'the refusal field', message: { refusal: 'No.' } },
    { what: 'the content filter', text: 'The first step is', finishReason: 'content_filter' },
  ],
});
