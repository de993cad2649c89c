import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import { type DhcpServer, dhcpConfig, dhcpServers, isDhcpServer } from '../../dhcp-config/config.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { parseIp } from '../../lib/ip.ts';
import type { Tenant } from '../../tenants/model.ts';
import { authorise } from '../authenticate.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { endpoint, param, type Route } from '../route.ts';

const query = z.strictObject({
  /** Id or name of the tenant whose key stands in the URLs. */
  tenant: z.string().optional(),
  url: z
    .string()
    .refine(isBase, 'must be a URL with http:// or https://, without user, query and fragment')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  address: z
    .string()
    .transform((text, context) => {
      const ip = parseIp(text);
      if (ip !== undefined && !ip.includes(':')) return ip;
      context.addIssue({ code: 'custom', message: 'must be an address of IPv4' });
      return z.NEVER;
    })
    .optional(),
});

/** What makes a DHCP server of the site's own give phones what the installed vendor packages say. */
export function dhcpConfigRoutes({ bootServer, plugins, tenants }: ApiParts): Route[] {
  const show = endpoint({
    summary: 'Make the configuration of another DHCP server: kea, dnsmasq, isc, mikrotik or windows',
    about: 'With `tenant` its URLs have the provisioning key of that tenant, and the text is a secret.',
    permission: 'dhcp-config.read',
    query,
    answers: { 200: { mediaType: 'text/plain; charset=utf-8' } },
    handle(call) {
      if (call.query.tenant !== undefined) authorise(call.caller, { permission: 'secrets.read' });
      const kind = kindOf(param(call, 'server'));
      const { tenant, url, address } = call.query;
      const usual = bootServer();
      const base = url ?? usual.url;
      const ip = address ?? addressIn(base) ?? usual.address;
      const key = tenant === undefined ? undefined : keyOf(known(tenant, call.caller));
      const server = { url: key === undefined ? base : `${base}/${key}`, ...(ip !== undefined && { address: ip }) };
      const text = dhcpConfig(kind, plugins.catalogue.packages, server, key !== undefined);
      return { bytes: text, headers: { 'content-type': 'text/plain; charset=utf-8' } };
    },
  });

  function known(wanted: string, caller: Caller): Tenant {
    const all = tenants.list().filter(({ id }) => caller.sees(id));
    const found = all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted);
    if (found) return found;
    throw new ProvisioningError('tenant-unknown', `No tenant has the id or the name ${wanted}`);
  }

  return [{ path: '/api/v1/dhcp/config/:server', methods: { GET: show } }];
}

function kindOf(text: string): DhcpServer {
  if (isDhcpServer(text)) return text;
  const message = `There is no configuration for the DHCP server ${text}; there is one for ${dhcpServers.join(', ')}`;
  throw new HttpProblem(404, 'dhcp-server-unknown', message);
}

/** Without one, phones would be told the URL of everybody, and somebody thinks that they were told another. */
function keyOf({ name, provisioningKey }: Tenant): string {
  if (provisioningKey) return provisioningKey.reveal();
  const message = `The tenant ${name} has no provisioning key, so nothing in a URL would say that a phone is its; give it one (offhook tenant set ${name} --generate-key), or name no tenant`;
  throw new HttpProblem(409, 'tenant-without-key', message);
}

function isBase(text: string): boolean {
  if (!URL.canParse(text) || !/^https?:\/\/[\x21-\x7e]+$/.test(text)) return false;
  const { username, password } = new URL(text);
  return `${username}${password}` === '' && !/[?#]/.test(text);
}

function addressIn(url: string) {
  const ip = parseIp(new URL(url).hostname);
  return ip?.includes(':') ? undefined : ip;
}
