import type { ApiParts } from '../parts.ts';
import { type Answer, noSuchResource, Refusal } from './answer.ts';
import { type Call, objectIn, type Route } from './route.ts';

type Value = string | number | null;

interface Parameter {
  readonly description: string;
  /** In French, as the contract has it for `locale=fr`. */
  read(call: Call): Value;
  /** Absent: it stands in the settings of the server, by this key. */
  readonly key?: string;
  write?(call: Call, value: string | null): Promise<void>;
}

/** `/configure`: what provd lets its clients set. All but the provisioning key stands in the file of settings here, and is told from there. */
export function configureRoutes({ settings, tenants, repositories }: ApiParts): Route[] {
  const inSettings = (description: string, key: string, read: () => Value): Parameter => ({ description, key, read });
  const { network, phones } = settings;
  const parameters: Readonly<Record<string, Parameter>> = {
    plugin_server: {
      description: 'The plugins repository URL',
      key: 'repositories (offhook repository add)',
      read: () => repositories.list()[0]?.location.replace(/\/\/[^/@]*@/, '//') ?? null,
    },
    http_proxy: inSettings('The proxy for HTTP requests', 'network.http_proxy', () => withoutLogin(network.http_proxy)),
    ftp_proxy: inSettings('The proxy for FTP requests', 'network.ftp_proxy', () => withoutLogin(network.ftp_proxy)),
    https_proxy: inSettings('The proxy for HTTPS requests', 'network.https_proxy', () => withoutLogin(network.https_proxy)),
    locale: inSettings('The current locale', 'the language of who asks', () => null),
    NAT: inSettings('Set to 1 if all the devices are behind a NAT', 'phones.nat', () => Number(phones.nat)),
    provisioning_key: {
      description: 'The provisioning key of the tenant',
      read: ({ tenant, caller }) =>
        caller.may('secrets.read') ? (tenants.get(tenant)?.provisioningKey?.reveal() ?? null) : null,
      async write({ tenant }, value) {
        await tenants.change(tenant, { provisioningKey: value });
      },
    },
  };

  function known({ params: { param = '' } }: Call): Parameter {
    const found = Object.hasOwn(parameters, param) ? parameters[param] : undefined;
    if (found) return found;
    throw noSuchResource();
  }

  async function write(call: Call): Promise<Answer> {
    const { write: set, read, key } = known(call);
    const value = call.body.get('param') instanceof Map ? objectIn(call.body, 'param').get('value') : undefined;
    if (value === undefined || (value !== null && typeof value !== 'string'))
      throw new Refusal(400, 'Wrong information in entity');
    if (set) await set(call, value);
    else if (value !== (read(call)?.toString() ?? null) && !(value === null && read(call) === 0))
      throw new Refusal(400, `it cannot be set here: it is ${key} of the server`);
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
        const params = Object.entries(parameters).map(([id, { description, read }]) => ({
          id,
          description,
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

/** A proxy's URL may have a password. */
function withoutLogin(url: unknown): string | null {
  return url === undefined || url === null ? null : String(url).replace(/\/\/[^/@]*@/, '//');
}
