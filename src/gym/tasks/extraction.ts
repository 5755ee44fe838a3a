/** Records hidden in prose, to be given as JSON that follows a schema. Size: values to extract. */
import { canonical } from '../../verifier/json-value.ts';
import type { Random } from '../random.ts';
import { readJson } from '../reading.ts';
import { type Draft, RIGHT, scaled, textOfAnswer, wrong } from '../task.ts';
import { CITIES, GOODS, listed, MONTHS, PEOPLE } from './words.ts';

interface Order {
  number: string;
  customer: string;
  city: string;
  due: string;
  express: boolean;
  items: { goods: string; quantity: number; unitPrice: number }[];
}

const ORDER_SCHEMA = {
  type: 'object',
  properties: {
    number: { type: 'string' },
    customer: { type: 'string' },
    city: { type: 'string' },
    due: { type: 'string', format: 'date' },
    express: { type: 'boolean' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          goods: { type: 'string' },
          quantity: { type: 'integer' },
          unitPrice: { type: 'number' },
        },
        required: ['goods', 'quantity', 'unitPrice'],
        additionalProperties: false,
      },
    },
  },
  required: ['number', 'customer', 'city', 'due', 'express', 'items'],
  additionalProperties: false,
};

const SCHEMA = {
  type: 'object',
  properties: { orders: { type: 'array', items: ORDER_SCHEMA } },
  required: ['orders'],
  additionalProperties: false,
};

export function extraction(random: Random, difficulty: number): Draft {
  const orderCount = scaled(difficulty, 1, 4);
  const itemCount = scaled(difficulty, 1, 4);
  const orders: Order[] = Array.from({ length: orderCount }, () => ({
    number: `${random.pick(['K', 'R', 'T'])}-${random.int(1000, 9999)}`,
    customer: `${random.pick(PEOPLE)} ${random.pick(['Lind', 'Moreau', 'Okoro', 'Petrov', 'Sato', 'Weber'])}`,
    city: random.pick(CITIES),
    due: `${random.int(2021, 2029)}-${two(random.int(1, 12))}-${two(random.int(1, 28))}`,
    express: random.chance(0.4),
    items: random.sample(GOODS, random.int(1, itemCount)).map((goods) => ({
      goods,
      quantity: random.int(1, 12),
      unitPrice: random.int(4, 160) / 2,
    })),
  }));
  const remarks = scaled(difficulty, 0, 3);
  const text = orders.map((order) => letter(random, order, remarks)).join('\n\n');
  const expected = { orders };
  const values = orders.reduce((sum, order) => sum + 5 + 3 * order.items.length, 0);
  const prompt =
    `Read these notes of an order desk:\n\n${text}\n\n` +
    'Give the orders as JSON, in the order of the notes, items in the order they are named: {"orders": [{"number", ' +
    '"customer", "city", "due" (as YYYY-MM-DD), "express" (true or false), "items": [{"goods" (singular), "quantity", ' +
    '"unitPrice"}]}]}. Only what was finally agreed counts. Answer with the JSON alone.';
  return {
    request: {
      messages: [{ role: 'user', content: prompt }],
      responseFormat: { type: 'json_schema', json_schema: { name: 'orders', schema: SCHEMA, strict: true } },
    },
    size: values + remarks * orderCount,
    solution: { role: 'assistant', content: JSON.stringify(expected) },
    verify(message) {
      const given = readJson(textOfAnswer(message));
      if (given === undefined) return wrong('no JSON in the answer');
      return canonical(given) === canonical(expected)
        ? RIGHT
        : wrong(`${JSON.stringify(given).slice(0, 300)} is not what the notes say`);
    },
  };
}

const two = (value: number) => String(value).padStart(2, '0');

function letter(random: Random, order: Order, remarks: number): string {
  const [year, month, day] = order.due.split('-').map(Number) as [number, number, number];
  const date = random.pick([
    `${day} ${MONTHS[month - 1]} ${year}`,
    `${MONTHS[month - 1]} ${day}, ${year}`,
    `${day}.${month}.${year} (day.month.year)`,
  ]);
  const wrongQuantity = random.int(13, 40);
  const corrected = remarks > 1 ? order.items[0]! : undefined;
  const items = listed(
    order.items.map(({ goods, quantity, unitPrice }) => {
      const said = goods === corrected?.goods ? wrongQuantity : quantity;
      return `${said} ${said === 1 ? goods : `${goods}s`} at ${unitPrice.toFixed(2)} each`;
    }),
  );
  const lines = [
    random.pick([
      `Order ${order.number} is for ${order.customer} in ${order.city}: ${items}.`,
      `${order.customer} from ${order.city} rang and wants ${items}; this got the number ${order.number}.`,
    ]),
    `It is to arrive on ${date}${order.express ? ', by express' : ', by normal post'}.`,
  ];
  if (corrected)
    lines.push(
      `Later corrected by phone: of the ${corrected.goods}s it is ${corrected.quantity}, not ${wrongQuantity}.`,
    );
  const other = random.pick(PEOPLE);
  const asides = [
    `${other} took the call at ${random.int(8, 11)}:${two(random.int(10, 59))}.`,
    `An earlier order from ${random.int(2012, 2019)} had been paid late.`,
    `${other} asks whether ${random.int(50, 90)} ${random.pick(GOODS)}s could be had next year; nothing was agreed.`,
  ];
  return [...lines, ...random.sample(asides, Math.min(remarks, asides.length))].join(' ');
}
