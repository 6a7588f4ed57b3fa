import { formatBusMessage, parseBusMessage, type BusMessage } from './bus-message.js';

describe('a bus message', () => {
  const contents: BusMessage['content'][] = [{ sessionId: 's-1' }, { userId: 'Ümläut "7"' }, 'everything', { beat: 3 }];

  it.each(contents)('%j is read as it was written', (content) => {
    const message = { from: 'node-1', content };
    expect(parseBusMessage(formatBusMessage(message))).toEqual(message);
  });

  it.each([
    '',
    'null',
    '7',
    '"text"',
    '[]',
    '{}',
    '{"from":"node-1"',
    '{"from":"node-1"}',
    '{"from":7,"userId":"u"}',
    '{"from":"","userId":"u"}',
    '{"userId":"u"}',
    '{"from":"node-1","userId":["u"]}',
    '{"from":"node-1","userId":""}',
    '{"from":"node-1","everything":"yes"}',
    '{"from":"node-1","beat":"1"}',
    `{"from":"node-1","sessionId":"${'s'.repeat(65)}"}`,
    '{"from":"node-1","__proto__":{"userId":"u"}}',
  ])('%s says nothing', (text) => {
    expect(parseBusMessage(text)).toBeNull();
  });

  it('cannot say what to believe: everything besides what to forget is left out', () => {
    const text = '{"from":"node-1","userId":"u","roles":["admin"],"active":true}';
    expect(parseBusMessage(text)).toEqual({ from: 'node-1', content: { userId: 'u' } });
  });
});
