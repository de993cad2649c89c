import type { Caller } from '../../access/model.ts';
import { withoutLogin } from '../../lib/download/network.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, noSuchResource, Refusal } from './answer.ts';
import { type Call, objectIn, type Route } from './route.ts';

type Value = string | number | null;

/** The repository that clients of provd call the plugin server. */
const PLUGIN_SERVER = 'plugin_server';

interface Parameter {
  /** In English and in French, as the contract has it for `locale`. */
  readonly description: readonly [en: string, fr: string];
  read(call: Call): Value;
  /** @throws Refusal, ProvisioningError -invalid */
  write(call: Call, value: string | null): Promise<void>;
}

/** `/configure`: what clients of provd set. What the settings of the server say they may read, and not change. */
export function configureRoutes({ settings, tenants, repositories, parameters }: ApiParts): Route[] {
  const { network, phones } = settings;

  const proxy = (name: 'http_proxy' | 'https_proxy' | 'ftp_proxy', en: string, fr: string): Parameter => ({
    description: [en, fr],
    read: ({ caller }) => shownTo(caller, network[name] ?? parameters.get(name)),
    async write(_, value) {
      if (network[name] !== undefined) throw inSettings(`network.${name}`);
      await parameters.set(name, value === '' && name !== 'https_proxy' ? null : value);
    },
  });

  const all: Readonly<Record<string, Parameter>> = {
    plugin_server: {
      description: ['URL of the repository of plugins', 'URL du dépôt des plugins'],
      read({ caller }) {
        const known = repositories.list();
        const found = known.find(({ name }) => name === PLUGIN_SERVER) ?? known[0];
        return shownTo(caller, found?.location);
      },
      async write(_, location) {
        const known = repositories.list().find(({ name }) => name === PLUGIN_SERVER);
        if (location === null) {
          if (known) await repositories.remove(PLUGIN_SERVER);
          return;
        }
        if (!/^[a-z]+:\/\/[^/]/i.test(location)) throw new Refusal(400, 'plugin_server must be a URL');
        const { channel = 'stable', priority = 0, keys = [], allowUnsigned = false } = known ?? {};
        await repositories.enter({ name: PLUGIN_SERVER, location, channel, priority, keys, allowUnsigned });
      },
    },
    http_proxy: proxy(
      'http_proxy',
      'Proxy for http URLs, as http://[user:password@]host:port',
      'Proxy pour les URL http, sous la forme http://[utilisateur:mot de passe@]hôte:port',
    ),
    ftp_proxy: proxy(
      'ftp_proxy',
      'Proxy for ftp URLs, as http://[user:password@]host:port',
      'Proxy pour les URL ftp, sous la forme http://[utilisateur:mot de passe@]hôte:port',
    ),
    https_proxy: proxy('https_proxy', 'Proxy for https URLs, as host:port', 'Proxy pour les URL https, sous la forme hôte:port'),
    locale: {
      description: ['Language of these descriptions, such as fr_FR', 'Langue de ces descriptions, par exemple fr_FR'],
      read: () => parameters.get('locale') ?? null,
      write: (_, value) => parameters.set('locale', value),
    },
    NAT: {
      description: ['1 when phones share addresses behind NAT', '1 si les téléphones partagent des adresses derrière un NAT'],
      read: () => Number(phones.nat || parameters.get('NAT') === '1'),
      async write(_, value) {
        if (phones.nat && value !== '1') throw inSettings('phones.nat');
        await parameters.set('NAT', value);
      },
    },
    provisioning_key: {
      description: ['Provisioning key of the tenant', 'Clé de provisionnement du tenant'],
      read: ({ tenant, caller }) =>
        caller.may('secrets.read') ? (tenants.get(tenant)?.provisioningKey?.reveal() ?? null) : null,
      async write({ tenant }, value) {
        await tenants.change(tenant, { provisioningKey: value });
      },
    },
  };

  function known({ params: { param = '' } }: Call): Parameter {
    const found = Object.hasOwn(all, param) ? all[param] : undefined;
    if (found) return found;
    throw noSuchResource();
  }

  async function write(call: Call): Promise<Answer> {
    const parameter = known(call);
    const value = call.body.get('param') instanceof Map ? objectIn(call.body, 'param').get('value') : undefined;
    if (value === undefined) throw new Refusal(400, 'Wrong information in entity');
    if (value !== null && typeof value !== 'string') throw new Refusal(400, 'The value must be a text, or null');
    // Who shows a page of all of them sends all of them back, passwords that were not shown among them.
    if (value !== (parameter.read(call)?.toString() ?? null)) await parameter.write(call, value);
    return { status: 204 };
  }

  const base = '/configure';
  return [
    {
      method: 'GET',
      path: base,
      acl: 'configure.read',
      permission: 'settings.read',
      serverWide: true,
      handle(call) {
        const language = parameters.get('locale')?.startsWith('fr') ? 1 : 0;
        const params = Object.entries(all).map(([id, { description, read }]) => ({
          id,
          description: description[language],
          value: read(call),
          links: [{ rel: 'srv.configure.param', href: `/0.2${base}/${id}` }],
        }));
        return { status: 200, json: { params } };
      },
    },
    {
      method: 'GET',
      path: `${base}/provisioning_key`,
      acl: 'configure.{tenant}.provisioning_key.read',
      permission: 'tenants.read',
      handle: (call) => ({
        status: 200,
        json: { param: { value: known({ ...call, params: { param: 'provisioning_key' } }).read(call) } },
      }),
    },
    {
      method: 'PUT',
      path: `${base}/provisioning_key`,
      acl: 'configure.{tenant}.provisioning_key.update',
      permission: 'tenants.update',
      handle: (call) => write({ ...call, params: { param: 'provisioning_key' } }),
    },
    {
      method: 'GET',
      path: `${base}/:param`,
      acl: 'configure.{tenant}.{param}.read',
      permission: 'settings.read',
      serverWide: true,
      handle: (call) => ({ status: 200, json: { param: { value: known(call).read(call) } } }),
    },
    {
      method: 'PUT',
      path: `${base}/:param`,
      acl: 'configure.{tenant}.{param}.update',
      permission: 'settings.update',
      serverWide: true,
      handle: write,
    },
  ];
}

/** A URL may have a password. */
function shownTo(caller: Caller, url: string | undefined): string | null {
  if (url === undefined) return null;
  return caller.may('secrets.read') ? url : withoutLogin(url);
}

function inSettings(key: string): Refusal {
  return new Refusal(400, `it cannot be set here: ${key} stands in the settings of the server`);
}
