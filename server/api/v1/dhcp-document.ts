import * as z from 'zod';
import type { Lease } from '../../leases/model.ts';
import { describeOption } from '../../lib/dhcp/options.ts';
import { isSecretValue, MASK } from '../../lib/mask.ts';
import type { DhcpAnswer } from '../../pipeline/explain/dhcp.ts';
import type { RecentMessage } from '../../pipeline/recent-messages.ts';
import type { Tenant } from '../../tenants/model.ts';
import { count, text, time } from '../fields.ts';
import { timeOf } from '../revision.ts';

export const leaseSchema = z
  .strictObject({
    address: text,
    mac: text.nullable(),
    client: text,
    state: z.enum(['bound', 'released', 'declined', 'expired']),
    since: time,
    expires: time,
    subnet: text,
    circuit: text,
    host_name: text.nullable(),
    vendor: text.nullable(),
    vendor_class: text.nullable(),
  })
  .meta({ id: 'Lease' });

export const messageSchema = z
  .strictObject({
    number: count,
    at: time,
    type: text.meta({ description: 'As RFC 2131 calls it, such as DISCOVER; of what a server told: commit, release, expiry.' }),
    how: z.enum(['heard', 'served', 'told']),
    mac: text.nullable(),
    ip: text.nullable(),
    circuit: text.nullable(),
    vendor: text.nullable(),
    model: text.nullable(),
    device: text.nullable(),
    vendor_class: text.nullable(),
    host_name: text.nullable(),
    outcome: z.enum(['offered', 'acknowledged', 'refused', 'noted', 'ignored']),
    why: text.nullable(),
  })
  .meta({ id: 'DhcpMessage' });

export const answerSchema = z.strictObject({
  kind: z.enum(['offered', 'told', 'none', 'elsewhere']),
  address: text.nullable(),
  subnet: text.nullable(),
  circuit: text.nullable(),
  why: text.nullable(),
  options: z.array(z.strictObject({ code: count, name: text, value: text, from: z.enum(['package', 'subnet', 'server']) })),
  left_out: z.array(z.union([count, text])),
});

export function leaseDocument({ address, since, expires, ...lease }: Lease) {
  const { subnet, client, mac = null, hostName = null, vendorClass = null, vendor = null, circuit, state } = lease;
  return {
    address,
    mac,
    client,
    state,
    since: timeOf(since),
    expires: timeOf(expires),
    subnet,
    circuit,
    host_name: hostName,
    vendor,
    vendor_class: vendorClass,
  };
}

export function messageDocument({ number, at, type, how, outcome, ...message }: RecentMessage) {
  const { mac = null, ip = null, circuit = null, vendor = null, model = null, device = null, why = null } = message;
  return {
    number,
    at: timeOf(at),
    type,
    how,
    mac,
    ip,
    circuit,
    vendor,
    model,
    device,
    vendor_class: message.vendorClass ?? null,
    host_name: message.hostName ?? null,
    outcome,
    why,
  };
}

/** What a client would be answered. Provisioning keys are not in it. */
export function answerDocument(answer: DhcpAnswer, tenants: { list(): readonly Tenant[] }) {
  const { kind, address = null, subnet = null, circuit = null, why = null, from, leftOut } = answer;
  const keys = tenants.list().flatMap(({ provisioningKey }) => provisioningKey?.reveal() ?? []);
  const options = Array.from(answer.options, ([code, bytes]) => {
    const { name, text } = describeOption(code, bytes);
    return { code, name, value: withoutSecrets(text, bytes, keys), from: from.get(code) ?? 'server' };
  });
  return { kind, address, subnet, circuit, why, options, left_out: leftOut };
}

function withoutSecrets(text: string, bytes: Buffer, keys: readonly string[]): string {
  if (isSecretValue(text)) return MASK;
  const shown = keys.reduce((rest, key) => rest.replaceAll(key, '[key]'), text);
  // One that the text does not show as such, in hexadecimal say.
  const hides = keys.some((key) => bytes.includes(key));
  return hides && shown === text ? MASK : shown;
}
