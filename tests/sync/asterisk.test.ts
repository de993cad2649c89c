import { expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { type AmiFields, type AmiPacket, writeAction } from '../../server/sync/ami-packet.ts';
import { type AsteriskOptions, asteriskWay } from '../../server/sync/asterisk.ts';
import type { Phone } from '../../server/sync/way.ts';

const phone: Phone = { device: 'd', ip: '192.0.2.5', hasOwnAddress: true, account: '1001', transport: 'udp' };

/** An Asterisk that answers one after the other so; what is not said is a success. */
function asterisk(answers: readonly (string | ProvisioningError)[] = [], change: Partial<AsteriskOptions> = {}) {
  const acts: [string, AmiFields][] = [];
  const ami = {
    async act(action: string, fields: AmiFields): Promise<AmiPacket> {
      // What would be another line is refused here.
      writeAction([['Action', action], ...fields]);
      acts.push([action, fields]);
      const answer = answers[acts.length - 1];
      if (answer instanceof ProvisioningError) throw answer;
      const said = new Map([
        ['Response', answer === undefined ? 'Success' : 'Error'],
        ['Message', answer ?? 'NOTIFY sent'],
      ]);
      return { get: (name) => said.get(name), fields: [...said] };
    },
  };
  return { way: asteriskWay({ name: 'pbx', ami, channel: 'pjsip', port: 5_060, ...change }), acts };
}

test('a phone is told by the endpoint as which it is registered', async () => {
  const { way, acts } = asterisk();
  expect(await way.tell({ event: 'check-sync;reboot=false' }, phone)).toEqual({
    kind: 'told',
    words: 'Asterisk tells 1001: NOTIFY sent',
  });
  expect(acts).toEqual([
    [
      'PJSIPNotify',
      [
        ['Endpoint', '1001'],
        ['Variable', 'Event=check-sync;reboot=false'],
      ],
    ],
  ]);
});

test('an endpoint that Asterisk does not know is told by its address', async () => {
  const { way, acts } = asterisk(['Unable to retrieve requested endpoint']);
  expect(await way.tell({ event: 'x' }, phone)).toMatchObject({ kind: 'told' });
  expect(acts.map(([, [whom]]) => whom)).toEqual([
    ['Endpoint', '1001'],
    ['URI', 'sip:anonymous@192.0.2.5:5060'],
  ]);
});

test.each([
  ['is nobody’s yet', { account: 'ap1a2b3c4d' }],
  ['has fetched no account', { account: undefined as never }],
])('a phone that %s is told by its address', async (_, change) => {
  const { way, acts } = asterisk();
  await way.tell({ event: 'x' }, { ...phone, ...change, ip: '2001:db8::5' });
  expect(acts.map(([, [whom]]) => whom)).toEqual([['URI', 'sip:anonymous@[2001:db8::5]:5060']]);
});

test('behind NAT only the endpoint says which phone it is', async () => {
  const { way, acts } = asterisk(['No such endpoint']);
  expect(await way.tell({ event: 'x' }, { ...phone, hasOwnAddress: false })).toEqual({
    kind: 'refused',
    why: 'Asterisk does not tell the Endpoint 1001: No such endpoint',
  });
  expect(acts).toHaveLength(1);
  expect(await way.tell({ event: 'x' }, { ...phone, hasOwnAddress: false, account: 'ap12345678' })).toMatchObject({
    kind: 'impossible',
  });
});

test('peers of chan_sip are told by SIPnotify, and by their names alone', async () => {
  const { way, acts } = asterisk(['Could not find'], { channel: 'sip' });
  expect(await way.tell({ event: 'x' }, phone)).toMatchObject({ kind: 'refused' });
  expect(acts).toEqual([
    [
      'SIPnotify',
      [
        ['Channel', '1001'],
        ['Variable', 'Event=x'],
      ],
    ],
  ]);
});

test('each line of a body is a variable, and no comma begins another one', async () => {
  const { way, acts } = asterisk();
  const body = 'action=restart\r\nRegisterCallId={a,b}\n\nlast(1)\n';
  await way.tell({ event: 'service-control', headers: [['X-One', 'a"b\\c']], contentType: 'text/plain', body }, phone);
  expect(acts[0]?.[1].slice(1).map(([, variable]) => variable)).toEqual([
    'Event=service-control',
    'X-One=a\\"b\\\\c',
    'Content-type=text/plain',
    'Content=action=restart',
    'Content=RegisterCallId={a\\,b}',
    'Content=',
    'Content=last\\(1\\)',
  ]);
});

test('a name with a line end gives Asterisk no orders', async () => {
  const { way, acts } = asterisk();
  const { ip, ...elsewhere } = phone;
  const evil = '1001\r\nAction: Command\r\nCommand: core stop now';
  expect(await way.tell({ event: 'x' }, { ...elsewhere, account: evil })).toMatchObject({ kind: 'impossible' });
  expect(await way.tell({ event: `x\r\nAction: Logoff` }, phone)).toMatchObject({ kind: 'impossible' });
  expect(acts).toEqual([]);
});

test.each([
  ['ami-login-refused', 'login-refused'],
  ['ami-unanswered', 'silent'],
  ['ami-unavailable', 'unreachable'],
])('%s is told as %s', async (code, kind) => {
  const { way } = asterisk([new ProvisioningError(code, 'why')]);
  expect(await way.tell({ event: 'x' }, phone)).toEqual({ kind, why: 'why' });
});
