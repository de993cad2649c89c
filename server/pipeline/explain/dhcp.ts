import type { Lease } from '../../leases/model.ts';
import type { Options } from '../../lib/dhcp/options.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Mac } from '../../lib/mac.ts';
import type { Caller } from '../line.ts';
import type { NoAnswer, RecentMessage, RecentMessages } from '../recent-messages.ts';
import type { PhoneRequest } from '../request.ts';
import type { Question } from './explain.ts';

/** A client that looks for an address, or, of a proxy, for the rest alone. */
export interface DhcpQuestion {
  /** Its hardware address and its options; the address that it wants or has, if it says one. */
  readonly request: PhoneRequest;
  /** Over which interface it comes. */
  readonly interface?: string;
  /** The relay that passes it on, by the address that it has in the client's network. */
  readonly relay?: Ip;
  /** What it last sent: from there it comes if nothing else is said. */
  readonly last?: RecentMessage;
}

/** What the client would be answered. */
export interface DhcpAnswer {
  /** offered: an address. told: the rest, without one. none: nothing. elsewhere: another server answers here, and should tell the options. */
  readonly kind: 'offered' | 'told' | 'none' | 'elsewhere';
  readonly address?: Ip;
  /** The network that it would be in. */
  readonly subnet?: string;
  readonly circuit?: string;
  /** In words, why there is no answer. */
  readonly why?: string;
  readonly reason?: NoAnswer;
  readonly options: Options;
  /** Whose word an option is; of those that are not in it, the server's own. */
  readonly from: ReadonlyMap<number, 'package' | 'subnet'>;
  /** The phone learns where its files are: of its vendor package, or of what an operator says in its place. */
  readonly tellsFiles: boolean;
  /** Options that an answer has no room for. */
  readonly leftOut: readonly (number | string)[];
}

/** DHCP as this server does it, looked at without changing anything. */
export interface DhcpLook {
  readonly mode: 'off' | 'listen' | 'serve' | 'proxy';
  /** The lease that this server gave a client, the latest if there are several. */
  leaseOf(mac: Mac): Lease | undefined;
  /** @throws ProvisioningError dhcp-question-invalid when it is not clear where the client is, and dhcp-… lease-… */
  rehearse(question: DhcpQuestion): Promise<DhcpAnswer>;
}

/** What is known of a phone by DHCP. */
export interface ExplainedDhcp {
  readonly mode: DhcpLook['mode'];
  /** Whether any message was heard since the start, or told. */
  readonly isHeard: boolean;
  /** How many are not kept any more. */
  readonly forgotten: number;
  /** The last one of the phone. */
  readonly last?: RecentMessage;
  readonly lease?: Lease;
  /** To a question of DHCP. */
  readonly answer?: DhcpAnswer;
}

export async function explainDhcp(
  { request, interface: name, relay }: Question,
  { device, mac }: { readonly device: Caller['device']; readonly mac: Mac | undefined },
  { dhcp, messages }: { readonly dhcp: DhcpLook; readonly messages: RecentMessages },
): Promise<ExplainedDhcp> {
  const last = messages.lastOf({ mac, device: device?.id });
  const lease = mac === undefined ? undefined : dhcp.leaseOf(mac);
  const where = { ...(name !== undefined && { interface: name }), ...(relay !== undefined && { relay }) };
  const answer = request.transport === 'dhcp' ? await dhcp.rehearse({ request, ...where, ...(last && { last }) }) : undefined;
  return {
    mode: dhcp.mode,
    isHeard: messages.last > 0,
    forgotten: messages.forgotten,
    ...(last && { last }),
    ...(lease && { lease }),
    ...(answer && { answer }),
  };
}
