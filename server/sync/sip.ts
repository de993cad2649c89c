import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { reason } from '../lib/errors.ts';
import { type Destination, type Notification, uriOf } from './notify.ts';
import type { Outcome, SipSender } from './sender.ts';
import type { Phone, SipServer, Told, Way } from './way.ts';

/** How phones take SIP. */
export type SipPort = Pick<Destination, 'transport' | 'port'>;

const usualPorts = { udp: 5_060, tcp: 5_060, tls: 5_061 } as const;

/** Tells phones over SIP at the addresses that they last asked from. */
export function phoneWay(sender: Pick<SipSender, 'tell'>, sip: SipPort): Way {
  return {
    name: 'phone',
    async tell(notification, phone, signal) {
      const { ip, user, credentials } = phone;
      if (ip === undefined)
        return { kind: 'impossible', why: 'Nobody knows its address: its phone has not asked for anything yet' };
      if (!phone.hasOwnAddress)
        return { kind: 'impossible', why: 'Phones share addresses (phones.nat): no address leads to one of them' };
      const to = { ...sip, host: ip };
      const outcome = await sender.tell({ notification, to, uri: uriOf(to, user), credentials }, signal);
      return toldOf(
        outcome,
        `The phone at ${ip}`,
        'that of its first line',
        notification,
        `${sip.port}: it is off or elsewhere, or takes SIP from its PBX only`,
      );
    },
  };
}

/**
 * Tells phones over SIP through a server that knows where they are: the request is for the account, as a call would be, and is sent to the
 * registrar, or to the proxy through which the phone itself sends all (RFC 3261, section 8.1.2). Names are looked up as addresses; SRV
 * records are not asked for.
 */
export function serverWay(name: 'outbound-proxy' | 'registrar', sender: Pick<SipSender, 'tell'>): Way {
  const what = name === 'registrar' ? 'registrar' : 'outbound proxy';
  return {
    name,
    async tell(notification, phone, signal) {
      const { account, registrar, serverCredentials, transport } = phone;
      const server = name === 'registrar' ? registrar : phone.outboundProxy;
      if (account === undefined) return { kind: 'impossible', why: `Its phone has fetched no account yet: no ${what} knows it` };
      if (!server || !registrar) return { kind: 'impossible', why: `Its first line has no ${what}` };
      const place = `The ${what} ${server.host}`;
      try {
        const to = { ...destinationOf(server, transport), host: await addressOf(server.host) };
        const uri = uriOf(destinationOf(registrar, transport), account);
        const outcome = await sender.tell(
          { notification, to: { ...to, name: server.host }, uri, credentials: serverCredentials },
          signal,
        );
        return toldOf(outcome, place, 'that of the first line', notification, `${to.port}`);
      } catch (cause) {
        return { kind: 'unreachable', why: `${place} could not be reached: ${reason(cause)}` };
      }
    },
  };
}

function destinationOf({ host, port }: SipServer, transport: Phone['transport']): Destination {
  return { transport, host, port: port ?? usualPorts[transport] };
}

async function addressOf(host: string): Promise<string> {
  return isIP(host) !== 0 ? host : (await lookup(host)).address;
}

function toldOf(outcome: Outcome, who: string, login: string, { event }: Notification, port: string): Told {
  const { kind } = outcome;
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'told', words: `${who} answered ${outcome.status}` };
    case 'unsupported':
      return { kind: 'unsupported', why: `${who} does not know the event ${event} (${outcome.status})` };
    case 'login-refused':
      return { kind: 'login-refused', why: `${who} wants a login, and does not take ${login} (${outcome.status})` };
    case 'refused':
      return { kind: 'refused', why: `${who} answered ${`${outcome.status} ${outcome.reason}`.trim()}` };
    case 'silent':
      return { kind: 'silent', why: `${who} did not answer on port ${port}` };
    case 'unreachable':
      return { kind: 'unreachable', why: `${who} could not be reached: ${outcome.why}` };
    default:
      throw new Error(`There is no outcome ${kind}`);
  }
}
