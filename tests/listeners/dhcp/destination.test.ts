import { expect, test } from '@jest/globals';
import { MessageType } from '../../../server/lib/dhcp/options.ts';
import type { Ip } from '../../../server/lib/ip.ts';
import { destinationOf, type Route } from '../../../server/listeners/dhcp/destination.ts';

const { offer, acknowledge, refuse } = MessageType;
const [relay, had, given] = ['10.1.0.1', '10.0.0.20', '10.0.0.21'] as Ip[];
const everybody = { ip: '255.255.255.255', port: 68 };

const rows: readonly (readonly [string, Route, object])[] = [
  [
    'an offer by way of a relay goes to it',
    { giaddr: relay, broadcast: false, type: offer, yiaddr: given },
    { ip: relay, port: 67 },
  ],
  [
    'a relay gets also what the client wants broadcast',
    { giaddr: relay, broadcast: true, type: offer, yiaddr: given },
    { ip: relay, port: 67 },
  ],
  [
    'a relay gets also what a client rebinds',
    { giaddr: relay, ciaddr: had, broadcast: false, type: acknowledge, yiaddr: had },
    { ip: relay, port: 67 },
  ],
  ['a relay gets the NAK', { giaddr: relay, ciaddr: had, broadcast: false, type: refuse }, { ip: relay, port: 67 }],
  [
    'who renews hears it at its address',
    { ciaddr: had, broadcast: false, type: acknowledge, yiaddr: had },
    { ip: had, port: 68 },
  ],
  [
    'who renews hears it there even with the broadcast bit',
    { ciaddr: had, broadcast: true, type: acknowledge, yiaddr: had },
    { ip: had, port: 68 },
  ],
  ['a NAK is broadcast, whatever address the client has', { ciaddr: had, broadcast: false, type: refuse }, everybody],
  ['who asks for a broadcast gets one', { broadcast: true, type: offer, yiaddr: given }, everybody],
  ['who has no address yet gets a broadcast too', { broadcast: false, type: offer, yiaddr: given }, everybody],
  ['an answer of BOOTP is broadcast', { broadcast: false, type: undefined, yiaddr: given }, everybody],
  ['who is informed hears it at its address', { ciaddr: had, broadcast: false, type: acknowledge }, { ip: had, port: 68 }],
  [
    'who is informed hears it there by way of a relay too',
    { giaddr: relay, ciaddr: had, broadcast: false, type: acknowledge },
    { ip: had, port: 68 },
  ],
  [
    'who does not say where to inform it hears it from the relay',
    { giaddr: relay, broadcast: false, type: acknowledge },
    { ip: relay, port: 67 },
  ],
];

test.each(rows)('%s', (_, route, destination) => {
  expect(destinationOf(route)).toEqual(destination);
});

test('with another port, clients have the one after it', () => {
  expect(destinationOf({ broadcast: true, type: offer, yiaddr: given }, 6767).port).toBe(6768);
  expect(destinationOf({ giaddr: relay, broadcast: true, type: offer, yiaddr: given }, 6767).port).toBe(6767);
});
