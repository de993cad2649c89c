import * as z from 'zod';
import { type DhcpServer, dhcpConfig, dhcpServers, isDhcpServer } from '../../dhcp-config/config.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { parseIp } from '../../lib/ip.ts';
import type { Tenant } from '../../tenants/model.ts';
import { readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';

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
  function show(call: Call): Answer {
    const kind = kindOf(param(call, 'server'));
    const { tenant, url, address } = readQuery(call.query, query);
    const usual = bootServer();
    const base = url ?? usual.url;
    const ip = address ?? addressIn(base) ?? usual.address;
    const key = tenant === undefined ? undefined : known(tenant).provisioningKey?.reveal();
    const server = { url: key === undefined ? base : `${base}/${key}`, ...(ip !== undefined && { address: ip }) };
    const text = dhcpConfig(kind, plugins.catalogue.packages, server);
    return { bytes: text, headers: { 'content-type': 'text/plain; charset=utf-8' } };
  }

  function known(wanted: string): Tenant {
    const all = tenants.list();
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

function isBase(text: string): boolean {
  if (!URL.canParse(text) || !/^https?:\/\/[\x21-\x7e]+$/.test(text)) return false;
  const { username, password } = new URL(text);
  return `${username}${password}` === '' && !/[?#]/.test(text);
}

function addressIn(url: string) {
  const ip = parseIp(new URL(url).hostname);
  return ip?.includes(':') ? undefined : ip;
}
