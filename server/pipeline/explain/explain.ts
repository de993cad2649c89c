import { type Obstacle, obstacles } from '../../artefacts/authorise.ts';
import type { Resolved } from '../../artefacts/names.ts';
import type { Renderer, TemplateStack } from '../../artefacts/renderer.ts';
import { type Candidate, candidates } from '../../associate/associate.ts';
import type { ResolvedConfig } from '../../configs/model.ts';
import { readSettings } from '../../configs/raw-config.ts';
import type { ConfigService } from '../../configs/service.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { Device } from '../../devices/model.ts';
import type { DeviceService } from '../../devices/service.ts';
import type { Identification } from '../../identify/identify.ts';
import { type Complaint, ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import type { OverrideState } from '../../overrides/model.ts';
import type { Plugin } from '../../plugins/model.ts';
import type { Tenant } from '../../tenants/model.ts';
import {
  type Caller,
  claimOf,
  decide,
  type Heard,
  hear,
  type LineParts,
  learn,
  type Outcome,
  pluginOf,
  type Recalled,
  recall,
  splitKey,
} from '../line.ts';
import { type LeaseNews, type Noted, noteLease } from '../note-lease.ts';
import type { RecentMessages } from '../recent-messages.ts';
import type { RecentRequest } from '../recent-requests.ts';
import type { PhoneRequest } from '../request.ts';
import { type DhcpLook, type ExplainedDhcp, explainDhcp } from './dhcp.ts';

export interface ExplainParts extends LineParts {
  readonly devices: DeviceService;
  readonly tenants: LineParts['tenants'] & { get(id: string): Tenant | undefined };
  readonly configs: Pick<ConfigService, 'autocreateSource' | 'origins'>;
  readonly renderer: Pick<Renderer, 'templateStack'>;
  /** The URL under which a device last reached the server, or the one to expect. */
  readonly expectedUrl: (device: string) => string;
  /** How an operator's template stands to that of the package; undefined when there is none of that name. */
  overrideState(plugin: string, name: string): Promise<OverrideState | undefined>;
  readonly messages: RecentMessages;
}

export interface Question {
  readonly request: PhoneRequest;
  /** Nobody sent it: it is not known where it would reach us. */
  readonly imagined: boolean;
  /** When it came, if it did, as it is. */
  readonly recorded?: number;
  /** It is asked of a device and of nothing besides: what becomes of it, whatever it sent last. */
  readonly ofDevice?: boolean;
  /** What the device asked last over SIP PnP, as far as that is remembered. */
  readonly profile?: RecentRequest;
  /** Where a client of DHCP is: the interface over which it comes, or the relay that passes it on. */
  readonly interface?: string;
  readonly relay?: Ip;
}

/** What this server makes of a request: the results of the steps of `../line.ts`, one after the other. */
export interface Explanation {
  readonly question: Question;
  readonly heard: Heard;
  /** As it is stored. Absent, as all below, when the key is wrong: then nothing is looked up. */
  readonly recalled?: Recalled;
  /** As it would be after the request. */
  readonly caller?: Caller;
  /** The other devices that would lose the address to it. */
  readonly displaced: readonly StoredDevice[];
  /** All that could serve it, the best first. */
  readonly candidates: readonly Candidate[];
  readonly plugin?: Plugin;
  /** Absent for DHCP, which asks for no file. */
  readonly outcome?: ExplainedOutcome;
  /** What stands between the phone and the file that it asks for. */
  readonly obstacles: readonly Obstacle[];
  readonly config?: ExplainedConfig;
  /** The device's own files. */
  readonly files: readonly ExplainedFile[];
  /** Absent when the key is wrong. */
  readonly dhcp?: ExplainedDhcp;
  /** For a wrong key: what the rest of the path tells, and whose phone that is. */
  readonly behindKey?: { readonly identification: Identification; readonly device?: StoredDevice };
}

export type ExplainedOutcome = Exclude<Outcome, { kind: 'image' }> | { readonly kind: 'image'; readonly bytes: number };

export interface ExplainedConfig {
  /** Its own; one that would be copied for it; the one for devices that have none. */
  readonly from: 'own' | 'copy' | 'default';
  readonly id?: string;
  readonly resolved?: ResolvedConfig;
  /** Which config each value came from, by its path. */
  readonly origins?: ReadonlyMap<string, string>;
  /** Why there is none. */
  readonly problem?: string;
  readonly complaints: readonly Complaint[];
}

export interface ExplainedFile {
  readonly file: Resolved;
  readonly templates: TemplateStack;
  /** When the template that is used is the operator's. */
  readonly override?: { readonly name: string; readonly state: OverrideState };
  readonly digest?: string;
  readonly bytes?: number;
  readonly problem?: string;
  /** Digest of what the phone last fetched under this name. */
  readonly delivered?: string;
}

/**
 * Says of a request what would become of it, by the very steps that a phone's request takes, and changes nothing: no device is made
 * or moved, nothing is noted or logged, and no rendered file is kept.
 */
export async function explain(question: Question, parts: ExplainParts, dhcp: DhcpLook): Promise<Explanation> {
  const { request: asked, imagined } = question;
  const rehearsal = rehearse(parts, imagined);
  const heard = hear(asked, rehearsal);
  const nothing = { question, heard, displaced: [], candidates: [], obstacles: [], files: [] };
  if (heard.wrongKey) return { ...nothing, behindKey: await lookBehindKey(heard.request, parts) };
  const found = await recall(heard, rehearsal);
  // Over DHCP comes who is in our own networks, whatever address it has.
  const recalled = asked.transport === 'dhcp' ? { ...found, trusted: true } : found;
  const caller = await learn(recalled, heard, rehearsal);
  const { catalogue } = parts.plugins;
  const plugin = pluginOf(caller, heard.identification, catalogue);
  const { device } = caller;
  const facts = device ?? heard.identification.info;
  const outcome = asked.transport === 'dhcp' ? undefined : await withoutContent(decide(heard.request, plugin, caller, rehearsal));
  const { mac = heard.identification.info.mac } = recalled.device ?? {};
  return {
    question,
    heard,
    recalled,
    caller,
    dhcp: await explainDhcp(question, { device: recalled.device, mac }, { dhcp, messages: parts.messages }),
    displaced: await displacedBy(caller, recalled, heard, parts),
    candidates: candidates(facts, catalogue.ofVendor(facts.vendor)),
    obstacles: outcome && 'file' in outcome ? obstacles(claimOf(outcome.file, caller)) : [],
    files: device && plugin ? await filesOf(device, plugin, recalled.device, rehearsal, parts) : [],
    ...(plugin && { plugin }),
    ...(outcome && { outcome }),
    ...(device && { config: await configOf(device, recalled.device, parts) }),
  };
}

/** The parts of the line, with those that write exchanged for some that only say what would be written. */
function rehearse(parts: ExplainParts, imagined: boolean): LineParts {
  const { devices, configs } = parts;
  const withConfig = async (device: StoredDevice): Promise<StoredDevice> => {
    if (device.config !== undefined || !device.approved) return device;
    const config = await configs.autocreateSource(device.tenant);
    return config === undefined ? device : { ...device, config };
  };
  return {
    ...parts,
    devices: {
      find: devices.find,
      addressOwner: devices.addressOwner,
      ownsAddresses: devices.ownsAddresses,
      isAt: devices.isAt,
      remember: (device, info, ip) => withConfig(devices.learned(device, info, ip)),
      async absorb() {},
      async meet(info, _ip, tenant, address) {
        const device = devices.newcomer(info, tenant, address);
        return device && withConfig({ ...device, condition: { configured: false } });
      },
      noteSighting() {},
    },
    newcomers: { told: (mac) => parts.newcomers.told(mac), forget() {} },
    security: { deviceCreated() {} },
    // Without a device nobody remembers what it was told.
    baseUrl: (request, device) => (imagined ? parts.expectedUrl(device?.id ?? '') : parts.baseUrl(request, undefined)),
  };
}

/** What `noteLease` would make of what DHCP tells. */
export function rehearseLease(news: LeaseNews, parts: ExplainParts): Promise<Noted> {
  const rehearsal = rehearse(parts, true);
  const devices = { ...rehearsal.devices, async releaseAddress() {} };
  const newcomers = { ...rehearsal.newcomers, hasRoom: async () => true, made() {}, remember() {} };
  return noteLease(news, { ...rehearsal, devices, newcomers, log: () => ({ debug() {}, info() {} }) });
}

/** A firmware image is only looked at. */
async function withoutContent(decided: Promise<Outcome>): Promise<ExplainedOutcome> {
  const outcome = await decided;
  if (outcome.kind !== 'image') return outcome;
  await outcome.image.close();
  return { kind: 'image', bytes: outcome.image.size };
}

async function lookBehindKey(request: PhoneRequest, parts: ExplainParts): Promise<NonNullable<Explanation['behindKey']>> {
  const { identification } = hear({ ...request, path: splitKey(request.path).path }, parts);
  const { device } = await parts.devices.find(identification.info, request.ip, undefined);
  return { identification, ...(device && { device }) };
}

async function displacedBy(caller: Caller, recalled: Recalled, { request }: Heard, { devices }: ExplainParts) {
  const { device } = caller;
  if (!device?.ip || device.ip !== request.ip || recalled.device?.ip === device.ip || !devices.ownsAddresses()) return [];
  const there = await devices.list({ where: { ip: device.ip } });
  return there.devices.filter(({ id }) => id !== device.id);
}

async function configOf(
  device: Device,
  stored: Device | undefined,
  { desired, configs }: ExplainParts,
): Promise<ExplainedConfig> {
  const from = device.config === undefined ? 'default' : device.config === stored?.config ? 'own' : 'copy';
  const id = device.config === undefined ? {} : { id: device.config };
  try {
    const resolved = await desired.config(device, device.tenant);
    const reading = readSettings(resolved.raw);
    const origins = await configs.origins(resolved);
    return { from, id: resolved.id, resolved, origins, complaints: 'complaints' in reading ? reading.complaints : [] };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError) || cause.code !== 'config-missing') throw cause;
    return { from, ...id, problem: cause.message, complaints: [] };
  }
}

async function filesOf(
  device: StoredDevice,
  plugin: Plugin,
  stored: StoredDevice | undefined,
  { desired }: LineParts,
  { devices, renderer, expectedUrl, overrideState }: ExplainParts,
): Promise<ExplainedFile[]> {
  const deliveries = stored ? await devices.deliveries(stored.id) : [];
  const files: ExplainedFile[] = [];
  for (const file of desired.filesOf(plugin, device)) {
    const delivered = deliveries.find(({ artefact }) => artefact === file.name)?.digest;
    const templates = renderer.templateStack({ plugin, file, device });
    const name = templates.find(({ layers }) => layers.length > 0)?.name;
    const state = name === undefined ? undefined : await overrideState(plugin.id, name);
    const override = name !== undefined && state && { name, state };
    const about = { file, templates, ...(override && { override }), ...(delivered && { delivered }) };
    try {
      const { digest, bytes } = await desired.file(plugin, file, device, device.tenant, expectedUrl(device.id));
      files.push({ ...about, digest, bytes: bytes.length });
    } catch (cause) {
      if (!(cause instanceof ProvisioningError) || /^store-/.test(cause.code)) throw cause;
      files.push({ ...about, problem: cause.message });
    }
  }
  return files;
}
