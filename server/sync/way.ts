import { ProvisioningError } from '../lib/errors.ts';
import type { Credentials } from '../lib/login.ts';
import type { Notification } from './notify.ts';

/** Where SIP is taken, by a name or an address. Without a port: that of the transport. */
export interface SipServer {
  readonly host: string;
  readonly port: number | null;
}

/** What is known of a phone that is to be told something. */
export interface Phone {
  readonly device: string;
  readonly mac?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly plugin?: string;
  /** The address at which it last was. */
  readonly ip?: string;
  /** The address leads to this phone, and to no other. */
  readonly hasOwnAddress: boolean;
  /** The name of its first line in what it fetched last: as that it is registered. */
  readonly account?: string;
  /** The name of its first line in what it would get now. */
  readonly user?: string;
  /** To be shown to who asks for them at its own address. */
  readonly credentials?: Credentials;
  /** To be shown to the servers of its first line, which know them. */
  readonly serverCredentials?: Credentials;
  readonly registrar?: SipServer;
  readonly outboundProxy?: SipServer;
  /** How it speaks with those. */
  readonly transport: 'udp' | 'tcp' | 'tls';
}

/** Why a phone was not told. */
export type Refusal =
  /** Nothing was sent. */
  | 'impossible'
  /** Whoever was asked knows no such event, or method. */
  | 'unsupported'
  | 'login-refused'
  | 'refused'
  /** Nobody answered. */
  | 'silent'
  /** No way leads there, nobody listens there, or his certificate is not believed. */
  | 'unreachable';

/** What came of it, in words that an operator reads. */
export type Told =
  /** The phone said that it will, or whoever tells it did. */
  { readonly kind: 'told'; readonly words: string } | { readonly kind: Refusal; readonly why: string };

/** One way by which phones are told something. */
export interface Way {
  /** In the settings. */
  readonly name: string;
  /** Never rejects: whatever goes wrong on the way is told. @param signal gives it up */
  tell(notification: Notification, phone: Phone, signal?: AbortSignal): Promise<Told>;
}

/**
 * Tells a phone by the first of these ways that works.
 * @returns which that was, and what came of it
 * @throws ProvisioningError `resync-` with why: of the last way by which something was sent, or else resync-impossible; its message tells of all
 */
export async function tellBy(
  ways: readonly Way[],
  notification: Notification,
  phone: Phone,
  signal?: AbortSignal,
): Promise<{ readonly way: string; readonly words: string }> {
  const failed: { readonly kind: Refusal; readonly text: string }[] = [];
  for (const way of ways) {
    const told = await way.tell(notification, phone, signal);
    signal?.throwIfAborted();
    if (told.kind === 'told') return { way: way.name, words: told.words };
    failed.push({ kind: told.kind, text: ways.length === 1 ? told.why : `By ${way.name}: ${told.why}` });
  }
  const { kind = 'impossible' } = failed.findLast((each) => each.kind !== 'impossible') ?? {};
  const words = failed.map(({ text }) => text).join('. ') || 'The settings name no way to tell its phone (sync.ways)';
  throw new ProvisioningError(`resync-${kind}`, words);
}
