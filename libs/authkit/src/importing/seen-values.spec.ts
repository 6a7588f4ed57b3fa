import { SeenValues } from './seen-values.js';

describe('SeenValues', () => {
  it('knows each of many texts once, and none that it has not seen', () => {
    const seen = new SeenValues();
    const texts = Array.from({ length: 20_000 }, (_, n) => `user${n}@example.com`);
    expect(texts.filter((text) => !seen.add(text))).toEqual([]);
    expect(texts.filter((text) => seen.add(text))).toEqual([]);
    expect(seen.add('user20000@example.com')).toBe(true);
  });
});
