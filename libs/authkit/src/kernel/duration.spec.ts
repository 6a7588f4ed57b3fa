import { durationMs } from './duration.js';

describe('durationMs', () => {
  it.each([
    [30, 30_000],
    [0, 0],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ])('reads %p as %p ms', (value, ms) => {
    expect(durationMs(value)).toBe(ms);
  });

  it.each(['', '15', 'm', '-5m', '5 m', '5M', '5w', -1, NaN, Infinity, null, undefined, {}, '1e3s'])(
    'refuses %p',
    (value) => {
      expect(durationMs(value)).toBeNull();
    },
  );
});
