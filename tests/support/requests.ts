import { type Ip, parseIp } from '../../server/lib/ip.ts';
import type { PhoneRequest } from '../../server/pipeline/request.ts';

export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

/** A request as a listener would make it. */
export function request(parts: Partial<Omit<PhoneRequest, 'ip'>> & { ip?: string } = {}): PhoneRequest {
  return {
    transport: 'http',
    reached: { ip: ip('192.0.2.10'), port: 8667 },
    path: '/',
    query: '',
    headers: {},
    options: new Map(),
    ...parts,
    ip: ip(parts.ip ?? '192.0.2.101'),
  };
}

export function dhcp(options: Readonly<Record<number, string | Buffer>>, parts: Partial<PhoneRequest> = {}): PhoneRequest {
  const bytes = Object.entries(options).map(([code, value]) => [Number(code), Buffer.from(value as string, 'latin1')] as const);
  return { ...request({ transport: 'dhcp', path: '' }), ...parts, options: new Map(bytes) };
}
