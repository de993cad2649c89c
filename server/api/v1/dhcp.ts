import * as z from 'zod';
import type { LeaseNews } from '../../pipeline/note-lease.ts';
import { dhcpOptions, ip, mac } from '../fields.ts';
import { bodyInvalid, readObject } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import type { Answer, Call, Route } from '../route.ts';

/** As provd's `dhcpinfo` calls them. */
const kinds: Readonly<Record<'commit' | 'release' | 'expiry', LeaseNews['kind']>> = {
  commit: 'bound',
  release: 'ended',
  expiry: 'ended',
};

const lease = z.strictObject({
  op: z.enum(['commit', 'release', 'expiry'], { error: 'must be commit, release or expiry' }),
  ip,
  mac: mac.optional(),
  options: dhcpOptions.optional(),
});

/** What DHCP servers tell of their leases: `dhcp-config/` has what makes them do so. */
export function dhcpRoutes({ noteLease }: ApiParts): Route[] {
  async function told({ body }: Call): Promise<Answer> {
    const { op, ip, mac, options = new Map() } = readObject(body, lease);
    if (op === 'commit' && mac === undefined)
      throw bodyInvalid('The body is not valid', [{ path: 'mac', message: 'must be there: whose address is it?' }]);
    await noteLease({ kind: kinds[op], ip, ...(mac && { mac }), options, trusted: true });
    return {};
  }
  return [{ path: '/api/v1/dhcp/leases', methods: { POST: told }, forDhcpServers: true }];
}
