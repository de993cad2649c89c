import type { PackageFacts } from '../../server/dhcp-config/classes.ts';
import { type DhcpServer, dhcpConfig } from '../../server/dhcp-config/config.ts';
import type { BootServer } from '../../server/sdk/boot-options.ts';
import { repositoryPackage } from '../support/packages.ts';
import { ip } from '../support/requests.ts';

export const server: BootServer = { url: 'http://192.0.2.10:8667', address: ip('192.0.2.10') };

export async function bundled(kind: DhcpServer): Promise<string> {
  return dhcpConfig(kind, [await repositoryPackage('yealink'), await repositoryPackage('digium')], server);
}

/** What would break out of any syntax that does not quote it. */
export const EVIL = `a"b'c\\d;e}f{g#h$(i)\`j\`,k\n// l <?include "m"?> */ é\u0000\u007fo`;
export const PLAIN_EVIL = `http://h/"'\\;}{#$(x)\`y\`, z%0a*/`;

/** Phones of a vendor who has something of everything. */
export const odd: PackageFacts = {
  id: 'o"d;d}\n package',
  definition: {
    vendor: 'Odd"; } \n Phones',
    version: '1.0"\n}',
    macPrefixes: ['00:0f:d3', '00:15:65:7'],
    recognise: {
      vendorClass: [/^odd"';}\\\{ ?(?<model>\w+)$/, /part"of/, /^[xX]yz-/, /^\xe9\xff#~/, /^\w+$/],
      userClass: [/^phone-class/i],
    },
    dhcp: {
      42: '{server.address}, 192.0.2.11',
      43: '1={server.url}, 2=0x00ff',
      66: PLAIN_EVIL,
      67: 'a\nb',
      114: '{server.host}:{server.port}/{server.path}',
      150: '{server.address}',
      160: '{server.url}/odd',
      161: '1234',
      162: '0x0a',
      163: 'a',
      164: '{server.address}',
      165: EVIL,
      166: 's',
      209: 'aa:bb',
      999: 'no option',
    },
  },
};
