import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { LoginDto, RefreshDto } from './login.dto.js';

const wrongFields = async (dto: new () => object, body: object) =>
  (await validate(plainToInstance(dto, body))).map(({ property }) => property).sort();

describe('the body of a login', () => {
  it.each<[what: string, body: object, wrong: string[]]>([
    ['identifier and password', { identifier: 'ada', password: 'p' }, []],
    ['username and password', { username: 'ada', password: 'p' }, []],
    ['both names', { identifier: 'ada', username: 'ada', password: 'p' }, []],
    ['a transport', { identifier: 'ada', password: 'p', transport: 'cookie' }, []],
    ['the other transport', { identifier: 'ada', password: 'p', transport: 'bearer' }, []],
    ['nothing', {}, ['identifier', 'password']],
    ['no password', { username: 'ada' }, ['password']],
    ['an identifier that is no text', { identifier: 1, password: 'p' }, ['identifier']],
    [
      'an identifier that is no text beside a username',
      { identifier: 1, username: 'a', password: 'p' },
      ['identifier'],
    ],
    ['a username that is no text', { username: null, password: 'p' }, ['username']],
    [
      'names over 1024 characters',
      { identifier: 'x'.repeat(1025), username: 'x'.repeat(1025), password: 'p' },
      ['identifier', 'username'],
    ],
    ['an unknown transport', { identifier: 'ada', password: 'p', transport: 'url' }, ['transport']],
  ])('with %s has these fields wrong: %p %p', async (_what, body, wrong) => {
    expect(await wrongFields(LoginDto, body)).toEqual(wrong);
  });
});

describe('the body of a refresh', () => {
  it.each<[body: object, wrong: string[]]>([
    [{}, []],
    [{ refreshToken: 'x' }, []],
    [{ refreshToken: null }, ['refreshToken']],
    [{ refreshToken: 1 }, ['refreshToken']],
  ])('%p has these fields wrong: %p', async (body, wrong) => {
    expect(await wrongFields(RefreshDto, body)).toEqual(wrong);
  });
});
