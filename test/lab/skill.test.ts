/** Tasks with exact verifiers, and models whose success follows skill and difficulty. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLab, type Lab, labTaskNames, labTasks } from '../../src/lab/index.ts';
import { Random } from '../../src/lab/random.ts';
import { sameAnswer, solve, wrongAnswer } from '../../src/lab/solvers/index.ts';
import { candidates, strong, thinker, weak } from './candidates.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ candidates, seed: 2 });
});
afterAll(() => lab.close());

async function answerOf(model: typeof strong, prompt: string): Promise<string> {
  const response = await fetch(`${lab.baseUrl(model.provider)}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: model.model, messages: [{ role: 'user', content: prompt }] }),
  });
  const body = (await response.json()) as { choices: { message: { content: string } }[] };
  return body.choices[0]!.message.content;
}

describe('solvers', () => {
  test.each([
    ['What is 12 * (3 + 4) - 5?', '79'],
    ['Calculate 7 / 4', '1.75'],
    ['What is -3 - -5 * 2?', '7'],
    ['Anna has 3 boxes with 12 apples each and gives away 5. How many apples are left?', '31'],
    ['A shirt costs $40 and is reduced by 25%. Then a sales tax of 10% is added. How much is it?', '33'],
    [
      'One pipe fills a tank in 3 hours and another fills it in 6 hours. How many minutes do both need?',
      '120',
    ],
    ['Sort these numbers in ascending order: 3, -1, 20, 4', '-1, 3, 4, 20'],
    ['Sort these words in alphabetical order: pear, fig, apple.', 'apple, fig, pear'],
    ['Reverse the order of these words: one, two, three', 'three, two, one'],
    ['Count how many of these words have more than 3 letters: one, three, four', '2'],
    ['Reverse the string "lab".', 'bal'],
    ['How many times does the letter "r" occur in "strawberry"?', '3'],
    ['What is the 3rd letter of "lambda"?', 'm'],
    ['Given this table:\nplace,sales\nnorth,3\nsouth,4\neast,8\nWhat is the sum of the column sales?', '15'],
    [
      'Given this table:\nplace,sales\nnorth,3\nsouth,4\neast,8\nWhat is the number of rows with sales above 3?',
      '2',
    ],
    ['{"a":{"b":[5,{"c":"found"}]}}\nWhat is the value at path "a.b[1].c"?', 'found'],
    ['Convert 5 km to m', '5000'],
    ['Convert 10 miles to km', '16.093'],
    ['What date is 30 days after 2024-02-10?', '2024-03-11'],
    ['How many days are between 2023-12-25 and 2024-03-01?', '67'],
    ['What day of the week was 2000-01-01?', 'Saturday'],
    ['Solve for x: 3x + 5 = 20', 'x = 5'],
    ['Solve for x: 3x - 5 = -1x + 7', 'x = 3'],
    ['Solve the system 2x + 1y = 5 and 1x + 3y = 10.', 'x = 1, y = 3'],
    ['Ada is taller than Ben. Ben is taller than Cy. Who is the shortest?', 'Cy'],
    ['What does this print?\nx = 2\nfor i in range(3):\n    x = x * 2 + i\nprint(x)', '20'],
  ])('%s', (prompt, answer) => {
    expect(solve(prompt)?.answer).toBe(answer);
  });

  test.each([
    'Write a poem about tides.',
    'What is love?',
    'Sort these numbers',
    'What is 5 / 0?',
    '',
    '{"a": 1',
  ])('leaves alone what it cannot answer exactly: %s', (prompt) => expect(solve(prompt)).toBeUndefined());
});

describe('tasks', () => {
  test.each(labTaskNames)(
    '%s: answers pass their check, wrong ones do not, harder ones are harder',
    (name) => {
      const mean = (difficulty: number) => {
        const tasks = labTasks(41, 60, { tasks: [name], difficulty });
        for (const { prompt, answer, check } of tasks) {
          expect(check(answer)).toBe(true);
          expect(check(`Let us see: 1, 2, 3.\n\nAnswer: ${answer}`)).toBe(true);
          const wrong = wrongAnswer(solve(prompt)!, new Random(7, prompt));
          expect(check(wrong), `${prompt} => ${answer}, wrong: ${wrong}`).toBe(false);
          expect(check('')).toBe(false);
        }
        return tasks.reduce((sum, task) => sum + task.difficulty, 0) / tasks.length;
      };
      expect(mean(0.9) - mean(0.5)).toBeGreaterThan(0.05);
      expect(mean(0.5) - mean(0.1)).toBeGreaterThan(0.15);
    },
  );

  test('the same seed makes the same tasks, another seed others', () => {
    const prompts = (seed: number) => labTasks(seed, 40).map(({ prompt }) => prompt);
    expect(prompts(1)).toEqual(prompts(1));
    expect(prompts(1).filter((prompt, index) => prompt === prompts(2)[index]).length).toBeLessThan(4);
  });

  test('an unknown family is named', () => {
    expect(() => labTasks(1, 1, { tasks: ['juggling'] })).toThrow(/juggling.*arithmetic/);
  });

  test('numbers may be written in another way, other numbers may not', () => {
    expect(sameAnswer('1,234.50', '1234.5')).toBe(true);
    expect(sameAnswer('**42**.', '42')).toBe(true);
    expect(sameAnswer('42.1', '42')).toBe(false);
    expect(sameAnswer('', '0')).toBe(false);
  });
});

describe('skill', () => {
  const tasks = labTasks(3, 1200);
  const solved = (model: typeof strong) => tasks.map(({ prompt }) => lab.wouldSolve(model.id, prompt));
  const share = (hits: boolean[]) => hits.filter(Boolean).length / hits.length;

  test('the model with better published scores solves more, and hard tasks are solved less', () => {
    const hits = [strong, thinker, weak].map(solved);
    const [best, middle, worst] = hits.map(share) as [number, number, number];
    expect(best).toBeGreaterThan(middle + 0.05);
    expect(middle).toBeGreaterThan(worst + 0.2);
    for (const list of hits) {
      const of = (hard: boolean) => share(list.filter((_, index) => tasks[index]!.difficulty > 0.5 === hard));
      expect(of(false)).toBeGreaterThan(of(true) + 0.2);
    }
  });

  test('models fail on the same prompts more often than by chance, also among equally hard looking ones', () => {
    const looks = tasks.map(({ difficulty, kind }) => `${kind}${Math.round(difficulty * 8)}`);
    const [a, b] = [solved(strong), solved(thinker)];
    let covariance = 0;
    for (const look of new Set(looks)) {
      const inside = looks.flatMap((other, index) => (other === look ? [index] : []));
      const meanOf = (hits: boolean[]) => share(inside.map((index) => hits[index]!));
      const [meanA, meanB] = [meanOf(a), meanOf(b)];
      for (const index of inside) covariance += (Number(a[index]) - meanA) * (Number(b[index]) - meanB);
    }
    expect(covariance / tasks.length).toBeGreaterThan(0.01);
  });

  test('what was foreseen is what is answered over the wire', async () => {
    for (const { prompt, check } of labTasks(9, 66)) {
      for (const model of [strong, weak]) {
        expect(check(await answerOf(model, prompt)), prompt).toBe(lab.wouldSolve(model.id, prompt));
      }
    }
  });

  test('an unknown model is named', () => {
    expect(() => lab.wouldSolve('openai/none', 'Hi')).toThrow(/openai\/none/);
  });
});
