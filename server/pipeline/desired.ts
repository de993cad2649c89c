import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { nameFor, type Resolved } from '../artefacts/names.ts';
import type { Rendered, Renderer } from '../artefacts/renderer.ts';
import type { ResolvedConfig } from '../configs/model.ts';
import { type PhoneSettings, type Reading, readSettings } from '../configs/raw-config.ts';
import type { Device } from '../devices/model.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Plugin } from '../plugins/model.ts';
import type { ServerView } from '../sdk.ts';
import type { Tenant } from '../tenants/model.ts';

/** What a device should have is a function of what is stored; this is that function, for phones, the sweep, explain and the CLI. */
export interface DesiredOptions {
  readonly renderer: Pick<Renderer, 'render'>;
  readonly configs: {
    resolve(id: string, keep?: 'always' | 'if-room'): Promise<ResolvedConfig | undefined>;
    /** Id of the config of a device that has none. */
    fallback(tenant: string): Promise<string | undefined>;
    /** What the settings put under every config, and nothing else. */
    readonly base: ResolvedConfig;
  };
  readonly tenants: { get(id: string): Tenant | undefined; line(id: string): readonly string[] };
  readonly tftpPort: number;
}

export interface FileOptions {
  /** Whether it may push files out of memory that were asked for before. */
  readonly keep?: 'always' | 'if-room';
  /** The URLs in it are without the tenant's key: it is for somebody who has not shown it. */
  readonly keyless?: boolean;
}

export class Desired {
  readonly #options: DesiredOptions;
  /** A resolved config is read once: the object stays the same until something of it changes. */
  readonly #readings = new WeakMap<ResolvedConfig, Reading>();
  /** Of files with accounts: the lines in them. */
  readonly #accounts = new WeakMap<Rendered, PhoneSettings['lines']>();
  readonly #hosts = new LRUCache<string, string>({ max: 256 });

  constructor(options: DesiredOptions) {
    this.#options = options;
  }

  /**
   * One file of a device, or a common one.
   * @param base URL under which phones reach the server, without the tenant's key
   * @throws ProvisioningError config-missing, config-invalid, template-failed: why it cannot be made, in words
   */
  async file(
    plugin: Plugin,
    file: Resolved,
    device: Device | undefined,
    tenant: string,
    base: string,
    { keep = 'always', keyless = false }: FileOptions = {},
  ): Promise<Rendered> {
    const config = await this.config(file.artefact.own ? device : undefined, tenant, keep);
    const settings = this.#read(config);
    const server = this.server(settings, keyless ? undefined : tenant, base);
    const ingredients = { plugin, file, config, settings, server, ...(file.artefact.own && device && { device }) };
    const rendered = await this.#options.renderer.render(ingredients, keep);
    if (file.artefact.own && file.artefact.secret) this.#accounts.set(rendered, settings.lines);
    return rendered;
  }

  /** The usernames of the lines in a device's own file with accounts, the first line's first; of any other file undefined. */
  accountsIn(rendered: Rendered): readonly string[] | undefined {
    return this.#accounts.get(rendered)?.map(({ username }) => username);
  }

  /**
   * One of a device's own files as the device would get it now: the URLs in it with the tenant's key, or without, where it has it without.
   * @param fetched digest of what it fetched last
   * @throws as `file`
   */
  async current(
    plugin: Plugin,
    file: Resolved,
    device: Device,
    base: string,
    fetched: string | undefined,
    { keep = 'always' }: Pick<FileOptions, 'keep'> = {},
  ): Promise<Rendered> {
    const { tenant } = device;
    const keyed = await this.file(plugin, file, device, tenant, base, { keep });
    const isKeyed = this.#options.tenants.get(tenant)?.provisioningKey !== undefined;
    if (!isKeyed || fetched === undefined || fetched === keyed.digest) return keyed;
    const keyless = await this.file(plugin, file, device, tenant, base, { keep, keyless: true });
    return fetched === keyless.digest ? keyless : keyed;
  }

  /** All files that are a device's own, by the names it asks for. */
  filesOf(plugin: Plugin, device: Device): Resolved[] {
    return plugin.artefacts.flatMap((artefact) => {
      const name = artefact.own ? nameFor(plugin, artefact, device) : undefined;
      return name === undefined ? [] : [{ artefact, name }];
    });
  }

  /** The complete config of a device, or of common files. @throws ProvisioningError config-missing */
  async config(device: Device | undefined, tenant: string, keep: 'always' | 'if-room' = 'always'): Promise<ResolvedConfig> {
    const { configs } = this.#options;
    const id = device?.config ?? (await configs.fallback(tenant));
    if (id === undefined && !device) return configs.base;
    const config = await this.#visible(id, tenant, keep);
    if (config) return config;
    throw new ProvisioningError(
      'config-missing',
      id === undefined ? 'It has no config, and no config has the role default' : `Its config ${id} does not exist`,
    );
  }

  /** What the config of a device says, typed. @throws ProvisioningError config-missing, config-invalid */
  async settings(device: Device): Promise<PhoneSettings> {
    return this.#read(await this.config(device, device.tenant));
  }

  /** The same; undefined when there is none. */
  async configOf({ config, tenant }: Pick<Device, 'config' | 'tenant'>): Promise<ResolvedConfig | undefined> {
    return this.#visible(config ?? (await this.#options.configs.fallback(tenant)), tenant, 'always');
  }

  /** One of another tenant does not exist for this one, unless that is above it. */
  async #visible(id: string | undefined, tenant: string, keep: 'always' | 'if-room'): Promise<ResolvedConfig | undefined> {
    const config = id === undefined ? undefined : await this.#options.configs.resolve(id, keep);
    return config && this.#options.tenants.line(tenant).includes(config.tenant) ? config : undefined;
  }

  /** @param tenant whose key stands in the URL; undefined: none does */
  server(settings: PhoneSettings, tenant: string | undefined, base: string): ServerView {
    const key = tenant === undefined ? undefined : this.#options.tenants.get(tenant)?.provisioningKey?.reveal();
    const told = settings.httpBaseUrl ?? base;
    const url = key === undefined || told.endsWith(`/${key}`) ? told : `${told}/${key}`;
    return { url, host: this.#hostOf(told), tftpPort: settings.tftpPort ?? this.#options.tftpPort };
  }

  /** Phones are told few URLs: that of the settings, those of this host's addresses. */
  #hostOf(url: string): string {
    const known = this.#hosts.get(url);
    if (known !== undefined) return known;
    const host = hostOf(url);
    this.#hosts.set(url, host);
    return host;
  }

  #read(config: ResolvedConfig): PhoneSettings {
    const reading = this.#readings.get(config) ?? readSettings(config.raw);
    this.#readings.set(config, reading);
    if ('settings' in reading) return reading.settings;
    const told = reading.complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new ProvisioningError('config-invalid', `Its config ${config.id} is not complete: ${told}`, {
      complaints: reading.complaints,
    });
  }
}

/** Why a device has no files of its own, in words. */
export function lackingNames({ id }: Plugin): string {
  return `It lacks what ${id} needs to name its files: a MAC address, say`;
}

/** The host of a URL as other protocols are told it: an IPv6 address without brackets. */
function hostOf(url: string): string {
  const { hostname } = new URL(url);
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIPv6(bare) ? bare : hostname;
}
