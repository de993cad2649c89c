import type { Request } from 'express';
import type { Caller } from '../access/model.ts';
import type { Actor } from '../lib/actor.ts';
import { type Ip, parseIp, UNSPECIFIED } from '../lib/ip.ts';

/** Whom the history names. The administrator and DHCP servers have no other name than their kind. */
export function actorOf(caller: Caller, from: Ip): Actor {
  const { kind, id, name } = caller;
  if (id === '') return { kind: 'server', from };
  return { kind, ...((kind === 'token' || kind === 'user' || kind === 'wazo-user') && { id, name }), from };
}

export function addressOf({ socket }: Request): Ip {
  return parseIp(socket.remoteAddress ?? '') ?? UNSPECIFIED;
}
