import { afterEach, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import { AmiClient, type AmiOptions } from '../../server/sync/ami.ts';
import { type AmiFields, AmiFramer, MAX_PACKET, writeAction } from '../../server/sync/ami-packet.ts';
import { eventually } from '../support/eventually.ts';
import { fc } from '../support/fuzz.ts';
import { type Action, GREETING, ok, openPbx, type Pbx } from './pbx.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function pbx(...given: Parameters<typeof openPbx>): Promise<Pbx> {
  const opened = await openPbx(...given);
  cleanups.push(opened.close);
  return opened;
}

function client(port: number, more: Partial<AmiOptions> = {}): AmiClient {
  const made = new AmiClient({
    host: '127.0.0.1',
    port,
    username: 'offhook',
    secret: new Secret('s3cret'),
    connectMs: 500,
    answerMs: 500,
    pauseMs: 50,
    ...more,
  });
  cleanups.push(() => made.close());
  return made;
}

test('whoever asks is logged in once, without events, and gets the answer to what he asked', async () => {
  const { port, actions } = await pbx((action) => ok(action, `${action.Action}`));
  const ami = client(port);
  const answers = await Promise.all(['one', 'two', 'three'].map((name) => ami.act(name, [['Endpoint', name]])));
  expect(answers.map((packet) => packet.get('message'))).toEqual(['one', 'two', 'three']);
  expect(actions[0]).toMatchObject({ Action: 'Login', Username: 'offhook', Secret: 's3cret', Events: 'off' });
  expect(actions.filter(({ Action }) => Action === 'Login')).toHaveLength(1);
});

test('a name that there is several times is a line each', async () => {
  const { port, actions } = await pbx((action) => ok(action));
  await client(port).act('PJSIPNotify', [
    ['Endpoint', '1001'],
    ['Variable', 'Event=check-sync'],
    ['Variable', 'Content=a, b'],
  ]);
  expect(actions[1]).toMatchObject({ Action: 'PJSIPNotify', Variable: ['Event=check-sync', 'Content=a, b'] });
});

test.each(['1001\r\nAction: Command', '1001\nX: y', '1001\r', 'a\0b'])('no value is another line: %j', async (endpoint) => {
  const { port, actions } = await pbx((action) => ok(action));
  expect(() => client(port).act('PJSIPNotify', [['Endpoint', endpoint]])).toThrow(RangeError);
  expect(() => writeAction([[endpoint, 'x']])).toThrow(RangeError);
  expect(actions).toEqual([]);
});

test('a login that is refused is told as such, without the secret, and is not tried for each who asks', async () => {
  const { port, actions } = await pbx(
    ({ ActionID }) => `Response: Error\r\nActionID: ${ActionID}\r\nMessage: Authentication failed\r\n\r\n`,
  );
  const ami = client(port, { pauseMs: 10_000 });
  for (let tries = 0; tries < 3; tries++) {
    const refused = ami.act('Ping', []);
    await expect(refused).rejects.toMatchObject({
      code: 'ami-login-refused',
      message: expect.stringContaining('Authentication failed'),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') });
  }
  expect(actions).toHaveLength(1);
});

test('answers come in any order and in any pieces, with events between them', async () => {
  const kept: Action[] = [];
  const { port } = await pbx((action, socket) => {
    if (action.Action === 'Login') return ok(action);
    kept.push(action);
    if (kept.length < 3) return undefined;
    const text = kept.reverse().map((each) => `Event: PeerStatus\r\nPeer: x\r\n\r\n${ok(each, String(each.Action))}`);
    // A byte at a time, each in a turn of its own.
    const bytes = [...Buffer.from(text.join(''))];
    const next = () => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(Buffer.from([byte]), () => setImmediate(next));
    };
    next();
    return undefined;
  });
  const ami = client(port, { answerMs: 5_000 });
  const answers = await Promise.all(['one', 'two', 'three'].map((name) => ami.act(name, [])));
  expect(answers.map((packet) => packet.get('Message'))).toEqual(['one', 'two', 'three']);
});

test('an answer that comes too late is nobody’s', async () => {
  const { port } = await pbx((action, socket) => {
    if (action.Action !== 'late') return ok(action, String(action.Action));
    setTimeout(() => socket.write(ok(action, 'late')), 300);
    return undefined;
  });
  const ami = client(port, { answerMs: 100 });
  await expect(ami.act('late', [])).rejects.toMatchObject({ code: 'ami-unanswered' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await ami.act('next', [])).get('Message')).toBe('next');
});

test('a connection that is lost fails what was sent, and the next who asks is connected anew', async () => {
  let answers = 0;
  const { port, actions } = await pbx((action, socket) => {
    if (action.Action === 'Login') return ok(action);
    if (answers++ > 0) return ok(action);
    socket.destroy();
    return undefined;
  });
  const ami = client(port);
  await expect(ami.act('first', [])).rejects.toMatchObject({ code: 'ami-unavailable' });
  expect((await ami.act('second', [])).get('Response')).toBe('Success');
  expect(actions.map(({ Action }) => Action)).toEqual(['Login', 'first', 'Login', 'second']);
});

test('what waited for its turn when the connection was lost is sent over the next one, once', async () => {
  let isLost = false;
  const { port, actions } = await pbx((action, socket) => {
    if (action.Action === 'Login' || isLost) return ok(action);
    isLost = true;
    socket.destroy();
    return undefined;
  });
  const ami = client(port, { atOnce: 1 });
  const [first, second] = [ami.act('first', []), ami.act('second', [])];
  await expect(first).rejects.toMatchObject({ code: 'ami-unavailable' });
  expect((await second).get('Response')).toBe('Success');
  expect(actions.map(({ Action }) => Action)).toEqual(['Login', 'first', 'Login', 'second']);
});

test('no more are asked at once than it is told', async () => {
  let [open, most] = [0, 0];
  const order: string[] = [];
  const { port } = await pbx((action, socket) => {
    if (action.Action === 'Login') return ok(action);
    most = Math.max(most, ++open);
    order.push(String(action.Action));
    setTimeout(() => {
      open--;
      socket.write(ok(action));
    }, 5);
    return undefined;
  });
  const ami = client(port, { atOnce: 3 });
  await Promise.all(Array.from({ length: 30 }, (_, index) => ami.act(`act${index}`, [])));
  expect(most).toBe(3);
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => `act${index}`));
});

test.each([
  ['says nothing', '', 'nobody let us in'],
  ['is something else', 'SSH-2.0-OpenSSH_9.2\r\n', 'no Asterisk Manager Interface'],
])('who %s is told of', async (_, greeting, why) => {
  const { port } = await pbx(() => undefined, greeting);
  await expect(client(port).act('Ping', [])).rejects.toMatchObject({
    code: 'ami-unavailable',
    message: expect.stringContaining(why),
  });
});

test('who is not there is told of, and found when he comes', async () => {
  const { port, sockets } = await pbx((action) => ok(action));
  const nowhere = client(1, { pauseMs: 1 });
  await expect(nowhere.act('Ping', [])).rejects.toMatchObject({ code: 'ami-unavailable' });
  const ami = client(port, { pauseMs: 1 });
  await ami.act('Ping', []);
  sockets[0]?.destroy();
  await eventually(async () => expect((await ami.act('Ping', [])).get('Response')).toBe('Success'));
});

test('a client that closes says so to who waits', async () => {
  const { port } = await pbx((action) => (action.Action === 'Login' ? ok(action) : undefined));
  const ami = client(port);
  const waiting = ami.act('Ping', []);
  await new Promise((resolve) => setTimeout(resolve, 50));
  ami.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ami-unavailable', message: expect.stringContaining('the server ends') });
  await expect(ami.act('Ping', [])).rejects.toMatchObject({ code: 'ami-unavailable' });
});

test('packets are read as they were written, in whatever pieces they come', () => {
  const name = fc.stringMatching(/^[A-Za-z][\w-]{0,10}$/);
  const value = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n\0]/g, '').trim());
  const packet = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 4 }), fc.integer({ min: 1, max: 60 }), (packets, size) => {
      const framer = new AmiFramer();
      const stream = Buffer.concat([Buffer.from(GREETING), ...packets.map((fields) => writeAction(fields))]);
      const found: AmiFields[] = [];
      for (let at = 0; at < stream.length; at += size) {
        for (const each of framer.take(stream.subarray(at, at + size))) found.push(each.fields);
      }
      const wellFormed = (text: string) => Buffer.from(text).toString();
      expect(found).toEqual(packets.map((fields) => fields.map(([key, text]) => [key, wellFormed(text)])));
    }),
    { numRuns: 1_000 },
  );
});

test('a packet without end is given up, and nothing is kept of it', () => {
  const framer = new AmiFramer();
  framer.take(Buffer.from(GREETING));
  framer.take(Buffer.from(`X: ${'x'.repeat(MAX_PACKET)}`));
  expect(framer.isBroken).toBe(true);
  expect(framer.take(Buffer.from('\r\n\r\nResponse: Success\r\n\r\n'))).toEqual([]);
});

test('no bytes whatever throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (pieces) => {
      const framer = new AmiFramer();
      framer.take(Buffer.from(GREETING));
      for (const piece of pieces) framer.take(Buffer.from(piece));
    }),
    { numRuns: 2_000 },
  );
});
