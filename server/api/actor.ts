import type { Request } from 'express';
import type { Caller } from '../access/model.ts';
import type { Actor } from '../lib/actor.ts';
import { clientAddress } from '../lib/forwarded.ts';
import { type Ip, parseIp, UNSPECIFIED } from '../lib/ip.ts';
import type { ApiParts } from './parts.ts';

/** Whom the history names. The administrator and DHCP servers have no other name than their kind. */
export function actorOf(caller: Caller, from: Ip): Actor {
  const { kind, id, name } = caller;
  if (id === '') return { kind: 'server', from };
  return { kind, ...((kind === 'token' || kind === 'user' || kind === 'wazo-user') && { id, name }), from };
}

/** Where a request came from, past so many proxies of ours. */
export function addressOf({ socket, headers }: Request, { trustedProxies }: Pick<ApiParts, 'trustedProxies'>): Ip {
  const peer = parseIp(socket.remoteAddress ?? '') ?? UNSPECIFIED;
  return clientAddress(peer, headers['x-forwarded-for'], trustedProxies) ?? UNSPECIFIED;
}
