import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compileRecogniser } from '../../server/identify/identify.ts';
import { type Mac, parseMac } from '../../server/lib/mac.ts';
import type { DeviceInfo } from '../../server/sdk.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { dhcp, request } from '../support/requests.ts';

/** A request as a phone sent it, and what most of provd's plugins make of it. */
interface Captured {
  readonly transport: 'http' | 'tftp' | 'dhcp';
  readonly path?: string;
  readonly query?: string;
  readonly userAgent?: string;
  readonly mac?: string;
  readonly options?: Readonly<Record<number, string>>;
  readonly info: DeviceInfo;
}

const captured = JSON.parse(readFileSync(join(import.meta.dirname, 'recognition.json'), 'utf8')) as readonly Captured[];

/** How Cisco's phones call their own files. */
const ownFile = /(?:SEP|ATA)([\dA-F]{12})\./;

/** What is recognised better than by provd, and why. */
const better: readonly {
  readonly fits: (sent: Captured) => boolean;
  readonly info: (sent: Captured) => DeviceInfo;
  readonly why: string;
}[] = [
  {
    fits: ({ userAgent = '', path, info }) =>
      /^Yealink (?:W|CP)/.test(userAgent) && path === '/0015654c4c26.cfg' && info.vendor === 'Yealink',
    info: ({ userAgent = '', info }) => ({ ...info, mac: parseMac(userAgent.split(' ').at(-1) ?? '') as Mac }),
    why: 'two phones in one request: what a phone says of itself counts more than the file that it asks for',
  },
  {
    fits: ({ userAgent = '' }) => /^Gigaset N[68]70 /.test(userAgent),
    info: ({ userAgent = '', info }) => ({ ...info, mac: parseMac(userAgent.split(';').at(-1) ?? '') as Mac }),
    why: 'two phones in one request: what a phone says of itself counts more than the file that it asks for',
  },
  {
    fits: ({ userAgent = '' }) => /^(?:N510|Gigaset N720) .*\.00\.000\.000;/.test(userAgent),
    info: ({ info }) => ({ ...info, version: info.version?.replace('.00.000.000', '') ?? '' }),
    why: 'a release is the same whether the MAC follows it or not',
  },
  {
    fits: ({ path }) => path === '/42/2/7C2F804DF9A9.xml',
    info: ({ info }) => ({ ...info, mac: parseMac('7C2F804DF9A9') as Mac }),
    why: 'the file that a base asks for is called by its own MAC, in whatever folder',
  },
  {
    fits: ({ path = '', info }) => ownFile.test(path) && info.mac === undefined,
    info: ({ path = '', info }) => ({ ...info, mac: parseMac(ownFile.exec(path)?.[1] ?? '') as Mac }),
    why: 'the name says whose file it is, over TFTP and below a folder, too',
  },
  {
    fits: ({ path, info }) => path === '/000413922D24.xml' && info.vendor === 'Snom',
    info: ({ info }) => ({ ...info, mac: parseMac('000413922D24') as Mac }),
    why: 'the name of a phone’s own file says whose it is',
  },
  {
    fits: ({ userAgent = '', path }) => /; snom M700 /.test(userAgent) && path === '/0015654c4c26.cfg',
    info: ({ info }) => ({ ...info, mac: parseMac('000413b60680') as Mac }),
    why: 'two phones in one request: what a phone says of itself counts more than the file that it asks for',
  },
  {
    fits: ({ path }) => path === '/spaPAP2T.cfg',
    info: ({ info }) => ({ ...info, model: 'PAP2T' }),
    why: 'the PAP2T is called so, whatever stands before it in the name of its file',
  },
  {
    fits: ({ options = {} }) => /^Cisco SPA\d+g/i.test(options[60] ?? ''),
    info: ({ options = {}, info }) => ({ ...info, model: (options[60] ?? '').replace('Cisco ', '').toUpperCase() }),
    why: 'models are called as the lease calls them, with the letter at the end',
  },
];

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const packages = await Promise.all(vendors.map(repositoryPackage));
const recogniser = compileRecogniser(packages, (id, cause) => {
  throw new Error(`facts of ${id} failed`, { cause });
});

function identify({ transport, path = '', query = '', userAgent, mac, options }: Captured) {
  if (transport === 'dhcp') return recogniser.identify(dhcp(options ?? {}, { mac: mac as Mac }));
  return recogniser.identify(
    request({ transport, path, query, headers: userAgent === undefined ? {} : { 'user-agent': userAgent } }),
  );
}

describe.each(packages.map((each) => [each.definition.vendor, each.id] as const))('%s', (vendor, id) => {
  test('every captured request of its phones is recognised as it should be', () => {
    const own = captured.filter(({ info }) => info.vendor === vendor);
    expect(own.length).toBeGreaterThan(0);
    for (const sent of own) {
      const expected = better.find(({ fits }) => fits(sent))?.info(sent) ?? sent.info;
      expect([sent, identify(sent).info]).toEqual([sent, expected]);
    }
  });

  test('no captured request of another vendor’s phones is claimed', () => {
    for (const sent of captured.filter(({ info }) => info.vendor !== undefined && info.vendor !== vendor)) {
      const claims = identify(sent).evidence.filter((each) => each.package === id && each.facts.vendor !== undefined);
      expect([sent, claims]).toEqual([sent, []]);
    }
  });
});

test('every reason to recognise better than provd is needed', () => {
  expect(
    better.filter(
      ({ fits, info }) => !captured.some((sent) => fits(sent) && JSON.stringify(info(sent)) !== JSON.stringify(sent.info)),
    ),
  ).toEqual([]);
});
