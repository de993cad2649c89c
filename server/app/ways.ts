import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { localAddresses } from '../lib/local-address.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { Secret } from '../lib/secret.ts';
import { type AsteriskSettings, type PbxSettings, readPbxs, readTenantWays } from '../settings/pbxs.ts';
import { explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';
import { AmiClient } from '../sync/ami.ts';
import { asteriskWay } from '../sync/asterisk.ts';
import { SipSender } from '../sync/sender.ts';
import { phoneWay, serverWay } from '../sync/sip.ts';
import type { Way } from '../sync/way.ts';
import { openWebhook } from '../sync/webhook.ts';
import type { TenantService } from '../tenants/service.ts';

/** By which ways phones are told. */
export interface Ways {
  /** For the devices of a tenant, in their order. */
  of(tenant: string): readonly Way[];
  close(): Promise<void>;
}

const amiPorts = { plain: 5_038, tls: 5_039 } as const;

/** @throws ProvisioningError when certificates cannot be read */
export async function createWays(
  { sync }: Pick<Settings, 'sync'>,
  tenants: Pick<TenantService, 'get' | 'line' | 'list'>,
  metrics: Pick<Metrics, 'phoneTold'>,
  log: Pick<Log, 'warn'>,
): Promise<Ways> {
  const { transport, port, certificates, verify } = sync;
  const closing: (() => unknown)[] = [];
  const sender = new SipSender({ localAddress: localAddresses(), tls: await trust('sync.certificates', certificates, verify) });
  closing.push(() => sender.close());

  const ways = new Map<string, Way>(
    [phoneWay(sender, { transport, port }), serverWay('outbound-proxy', sender), serverWay('registrar', sender)].map((way) => [
      way.name,
      way,
    ]),
  );
  for (const [name, pbx] of readPbxs(sync.pbxs).pbxs) ways.set(name, await open(name, pbx));

  async function open(name: string, pbx: PbxSettings): Promise<Way> {
    const key = `sync.pbxs.${name}.certificates`;
    if (pbx.kind === 'asterisk') {
      const ami = await openAmi(pbx, key);
      closing.push(() => ami.close());
      return asteriskWay({ name, ami, channel: pbx.channel, port });
    }
    const { url, token, patience_seconds: seconds } = pbx;
    const trusted = pbx.certificates === undefined ? undefined : await readCertificates(key, pbx.certificates);
    const webhook = await openWebhook({
      name,
      url,
      patienceMs: seconds * 1_000,
      ...(token !== undefined && { token: new Secret(token) }),
      ...(trusted !== undefined && { certificates: trusted }),
    });
    closing.push(() => webhook.close());
    return webhook;
  }

  for (const [name, way] of ways) ways.set(name, counted(way, metrics));
  const named = (names: readonly string[]) => names.flatMap((name) => ways.get(name) ?? []);
  const usual = named(sync.ways);
  const own = readTenantWays(sync.tenant_ways).ways;
  for (const name of own.keys()) {
    if (tenants.list().some((tenant) => tenant.id === name || tenant.name === name)) continue;
    log.warn({ event: 'sync.tenant-unknown', tenant: name }, 'sync.tenant_ways names a tenant that there is not');
  }
  return {
    of(tenant) {
      // The nearest says how, as it does of configs.
      for (const id of tenants.line(tenant)) {
        const names = own.get(id) ?? own.get(tenants.get(id)?.name ?? '');
        if (names) return named(names);
      }
      return usual;
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

function counted(way: Way, metrics: Pick<Metrics, 'phoneTold'>): Way {
  return {
    name: way.name,
    async tell(...what) {
      const told = await way.tell(...what);
      metrics.phoneTold(way.name, told.kind);
      return told;
    },
  };
}

async function openAmi(
  { host, port, username, secret, tls, certificates, verify }: AsteriskSettings,
  key: string,
): Promise<AmiClient> {
  return new AmiClient({
    host,
    port: port ?? (tls ? amiPorts.tls : amiPorts.plain),
    username,
    secret: new Secret(secret),
    ...(tls && { tls: await trust(key, certificates, verify) }),
  });
}

async function trust(key: string, certificates: string | undefined, verify: boolean) {
  const own = certificates === undefined ? undefined : await readCertificates(key, certificates);
  return { rejectUnauthorized: verify, ...(own !== undefined && { ca: [...rootCertificates, own] }) };
}

function readCertificates(key: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw explainSystemError(cause, { kind: 'file', key, path });
  });
}
