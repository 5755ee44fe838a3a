/** What the tools of the gym can do, how a person asks for it, and tools that only sound alike. */
import type { ToolDefinition } from '../../request.ts';
import type { Random } from '../random.ts';
import { CITIES, GOODS, PEOPLE } from './words.ts';

export interface ToolSkill {
  tool: ToolDefinition;
  make(random: Random): { words: string; args: Record<string, unknown> };
}

type Properties = Record<string, Record<string, unknown>>;

function tool(
  name: string,
  description: string,
  properties: Properties,
  required = Object.keys(properties),
): ToolDefinition {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters: { type: 'object', properties, required, additionalProperties: false },
    },
  };
}

const text = (description: string) => ({ type: 'string', description });
const whole = (description: string) => ({ type: 'integer', description });
const oneOf = (values: string[], description: string) => ({ type: 'string', enum: values, description });

const ROOMS = ['kitchen', 'bedroom', 'office', 'hall'];
const MONEY = ['EUR', 'USD', 'JPY', 'CHF', 'GBP'];
const CLOCK = text('Time of day as HH:MM, 24 hours');
const DAY = text('Date as YYYY-MM-DD');

const clock = (random: Random) =>
  `${String(random.int(7, 21)).padStart(2, '0')}:${random.pick(['00', '15', '30', '45'])}`;
const day = (random: Random) =>
  `20${random.int(25, 29)}-${random.pick(['03', '07', '11'])}-${random.int(10, 28)}`;

export const TOOL_SKILLS: ToolSkill[] = [
  {
    tool: tool('set_temperature', 'Sets the heating of a room.', {
      room: oneOf(ROOMS, 'Room'),
      celsius: whole('Target'),
    }),
    make(random) {
      const args = { room: random.pick(ROOMS), celsius: random.int(15, 24) };
      return { args, words: `heat the ${args.room} to ${args.celsius} degrees Celsius.` };
    },
  },
  {
    tool: tool('convert_money', 'Converts an amount between currencies.', {
      amount: { type: 'number', description: 'Amount in the first currency' },
      from: oneOf(MONEY, 'Currency of the amount'),
      to: oneOf(MONEY, 'Currency wanted'),
    }),
    make(random) {
      const [from, to] = random.sample(MONEY, 2) as [string, string];
      const args = { amount: random.int(5, 900), from, to };
      return { args, words: `how much is ${args.amount} ${from} in ${to}?` };
    },
  },
  {
    tool: tool('book_table', 'Books a table at a restaurant.', {
      restaurant: text('Name'),
      people: whole('Guests'),
      date: DAY,
      time: CLOCK,
    }),
    make(random) {
      const restaurant = `${random.pick(['Blue', 'Golden', 'Old', 'Little'])} ${random.pick(['Anchor', 'Garden', 'Lantern', 'Mill'])}`;
      const args = { restaurant, people: random.int(2, 9), date: day(random), time: clock(random) };
      return {
        args,
        words: `get us a table for ${args.people} at the restaurant "${restaurant}" on ${args.date} at ${args.time}.`,
      };
    },
  },
  {
    tool: tool('get_weather', 'Weather forecast of a city for one day.', { city: text('City'), date: DAY }),
    make(random) {
      const args = { city: random.pick(CITIES), date: day(random) };
      return { args, words: `what will the weather be like in ${args.city} on ${args.date}?` };
    },
  },
  {
    tool: tool('send_message', 'Sends a short message to a contact.', {
      to: text('Name of the contact'),
      text: text('The message, word for word'),
    }),
    make(random) {
      const args = {
        to: random.pick(PEOPLE),
        text: `${random.pick(['Running', 'Coming'])} ${random.int(5, 50)} minutes late`,
      };
      return { args, words: `text ${args.to}: "${args.text}".` };
    },
  },
  {
    tool: tool('create_reminder', 'Creates a reminder for a day and time.', {
      about: text('What to be reminded of, word for word'),
      date: DAY,
      time: CLOCK,
    }),
    make(random) {
      const args = {
        about: `${random.pick(['buy', 'return', 'repair'])} the ${random.pick(GOODS)}`,
        date: day(random),
        time: clock(random),
      };
      return { args, words: `remind me on ${args.date} at ${args.time} of this: "${args.about}".` };
    },
  },
  {
    tool: tool('find_trains', 'Finds train connections on a day.', {
      from: text('City of departure'),
      to: text('City of arrival'),
      date: DAY,
      class: oneOf(['first', 'second'], 'Class'),
    }),
    make(random) {
      const [from, to] = random.sample(CITIES, 2) as [string, string];
      const args = { from, to, date: day(random), class: random.pick(['first', 'second']) };
      return { args, words: `which trains go from ${from} to ${to} on ${args.date}, ${args.class} class?` };
    },
  },
  {
    tool: tool('add_to_cart', 'Puts goods into the shopping cart.', {
      goods: text('Goods, singular'),
      quantity: whole('Pieces'),
      gift_wrap: { type: 'boolean', description: 'Wrapped as a present' },
    }),
    make(random) {
      const args = { goods: random.pick(GOODS), quantity: random.int(2, 9), gift_wrap: random.chance(0.5) };
      return {
        args,
        words: `put ${args.quantity} ${args.goods}s into my cart, ${args.gift_wrap ? 'wrapped as a present' : 'not wrapped as a present'}.`,
      };
    },
  },
  {
    tool: tool('start_timer', 'Starts a countdown.', {
      seconds: whole('Length in seconds'),
      label: text('Name of the timer'),
    }),
    make(random) {
      const minutes = random.int(2, 40);
      const label = random.pick(['tea', 'bread', 'laundry', 'nap']);
      return {
        args: { seconds: minutes * 60, label },
        words: `start a timer named "${label}" for ${minutes} minutes.`,
      };
    },
  },
];

/** None of them does what a skill above does. */
export const DISTRACTORS: ToolDefinition[] = [
  tool('read_temperature', 'Tells the current temperature of a room.', { room: oneOf(ROOMS, 'Room') }),
  tool('set_fan', 'Sets the fan of a room.', { room: oneOf(ROOMS, 'Room'), level: whole('0 to 5') }),
  tool('send_money', 'Transfers money to a person.', {
    to: text('Name'),
    amount: whole('Amount'),
    currency: oneOf(MONEY, 'Currency'),
  }),
  tool('cancel_table', 'Cancels a booked table.', { restaurant: text('Name'), date: DAY }),
  tool('review_restaurant', 'Publishes a review of a restaurant.', {
    restaurant: text('Name'),
    stars: whole('1 to 5'),
  }),
  tool('get_air_quality', 'Air quality of a city now.', { city: text('City') }),
  tool('past_weather', 'Weather records of a city for a past year.', {
    city: text('City'),
    year: whole('Year'),
  }),
  tool('read_messages', 'Lists the messages of a contact.', { from: text('Name of the contact') }),
  tool('delete_reminder', 'Deletes a reminder.', { about: text('What it was about') }),
  tool('find_flights', 'Finds flights on a day.', { from: text('City'), to: text('City'), date: DAY }),
  tool('train_status', 'Tells whether a train is late.', { number: text('Number of the train') }),
  tool('remove_from_cart', 'Takes goods out of the shopping cart.', { goods: text('Goods, singular') }),
  tool('find_goods', 'Searches the shop.', { query: text('Words to look for') }),
  tool('stop_timer', 'Stops a countdown.', { label: text('Name of the timer') }),
];
