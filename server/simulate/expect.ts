import { resolveName } from '../artefacts/names.ts';
import { Renderer } from '../artefacts/renderer.ts';
import { defaultLimits } from '../artefacts/template/template.ts';
import { readSettings } from '../configs/raw-config.ts';
import { flatten } from '../configs/resolve.ts';
import { blankDevice, type Device } from '../devices/model.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { fromPlain, type OrderedJson } from '../lib/ordered-json.ts';
import type { Artefact, Format } from '../sdk.ts';
import { type Kind, macsIn, type Phone } from './fleet.ts';
import { readXml } from './xml.ts';

/** What a file that a phone asks for has to be, whoever serves it. */
export interface Expectation {
  readonly format: Format;
  readonly encoding: NonNullable<Artefact['encoding']>;
  /** Its outermost element; undefined when it is no XML. */
  readonly root: string | undefined;
  /** It names its phone by MAC address. */
  readonly mac: boolean;
  /** It holds its phone's account, when the phone has one of its own. */
  readonly account: boolean;
}

export interface Templates {
  /** Operators' templates by plugin id and file name. */
  readonly overrides: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly shared: ReadonlyMap<string, string>;
}

/** The config of a phone that was registered: one line whose user is the phone's account. */
export function rawConfigOf({ account }: Phone): Map<string, OrderedJson> {
  const line = { username: account, password: account, display_name: account, proxy_ip: '192.0.2.1' };
  return fromPlain({ sip_lines: { 1: line } }) as Map<string, OrderedJson>;
}

/**
 * What the file of this name has to be for phones of a kind, learned from the package itself: the file is made here for one phone,
 * and what that one shows, others have to show.
 * @returns undefined for what is no artefact, or cannot be made: then nothing is known of it but that it must not be empty
 */
export function expectation(path: string, phone: Phone, templates: Templates): Expectation | undefined {
  const { plugin } = phone.kind;
  const device = deviceOf(phone, phone.kind);
  const [name = ''] = path.split('?');
  const file = resolveName(`/${name}`, plugin, device);
  if (!file) return undefined;
  const raw = rawConfigOf(phone);
  const config = flatten(raw, { ...device, parents: [], raw, transient: true, deletable: true }, new Map());
  const reading = readSettings(config.raw);
  if (!('settings' in reading)) return undefined;
  const renderer = new Renderer({ texts: templates, cacheBytes: 0, limits: defaultLimits });
  const server = { url: 'http://192.0.2.1', host: '192.0.2.1', tftpPort: 69 };
  // What is sealed shows nothing of its format any more.
  const { seal, format: written, encoding = 'utf-8' } = file.artefact;
  const format = seal ? 'text' : written;
  try {
    const made = renderer.render({
      plugin,
      file,
      config,
      settings: reading.settings,
      server,
      ...(file.artefact.own && { device }),
    });
    const text = made.bytes.toString(encoding === 'utf-8' ? 'utf8' : 'latin1');
    const xml = readXml(text);
    return {
      format,
      encoding,
      root: 'root' in xml ? xml.root : undefined,
      mac: macsIn(text).includes(phone.mac),
      account: text.includes(phone.account),
    };
  } catch (cause) {
    if (cause instanceof ProvisioningError) return undefined;
    throw cause;
  }
}

function deviceOf({ mac, serial, uuid }: Phone, { plugin, row }: Kind): Device {
  return {
    ...blankDevice('simulated', 'simulated', 0),
    mac,
    serial,
    uuid,
    vendor: plugin.package.definition.vendor,
    model: row.name,
    version: row.series.version,
    plugin: plugin.id,
  };
}
