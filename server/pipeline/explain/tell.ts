import type { StoredDevice } from '../../devices/dao.ts';
import type { RecentMessage } from '../recent-messages.ts';
import type { ExplainedDhcp } from './dhcp.ts';
import type { Explanation } from './explain.ts';
import { type Advice, type Circumstances, verdictOf } from './verdict.ts';
import { factsIn, nameOf, word } from './words.ts';

/** An explanation in words for whoever installs telephones. */
export interface Told {
  /** What the phone gets, or why it gets nothing. */
  readonly verdict: string;
  readonly advice: readonly Advice[];
  readonly device: string;
  readonly plugin: string;
  readonly config: string;
  /** What became of its last message of DHCP; that there was none, where there should be; empty where DHCP is none of our business. */
  readonly dhcp: string;
  /** What it was told over SIP PnP; empty where it has not asked. */
  readonly pnp: string;
  /** What the request would change, each to be read after "it would". */
  readonly would: readonly string[];
}

export function tell(explanation: Explanation, circumstances: Circumstances): Told {
  return {
    ...verdictOf(explanation, circumstances),
    device: deviceOf(explanation, circumstances),
    plugin: pluginOf(explanation),
    config: configOf(explanation),
    dhcp: dhcpOf(explanation),
    pnp: pnpOf(explanation),
    would: changesOf(explanation, circumstances),
  };
}

function deviceOf({ heard, recalled, caller, dhcp }: Explanation, circumstances: Circumstances): string {
  if (heard.wrongKey) return 'None is looked for, because the key is wrong.';
  const { info } = heard.identification;
  const { ip, transport } = heard.request;
  const { finding } = recalled ?? {};
  const known = factsIn(info);
  if (finding?.device) {
    const { device, by } = finding;
    const how =
      by === 'ip' ? `as the only one at the address ${ip} that the request does not contradict` : `by its ${word(by ?? 'mac')}`;
    return `The device ${nameOf(device)}, found ${how}. ${describe(device, circumstances)}`;
  }
  const by = known === '' ? 'The request tells neither MAC address, serial number nor UUID' : `No device has the ${known}`;
  if (finding?.undecided)
    return `None is found. ${by}, and ${finding.undecided.length} devices are at ${ip}: ${finding.undecided.join(', ')}.`;
  const none = `None is found. ${by}${transport === 'dhcp' ? '' : `, and no device that it could be is at ${ip}`}.`;
  if (!caller?.device) return none;
  const maker = transport === 'dhcp' ? makers[dhcp?.mode ?? 'off'] : 'The request';
  return `${none} ${maker} would make a device of it${caller.device.approved ? '' : ', which waits for approval'}.`;
}

/** What makes a device of a phone that looks for an address. Where addresses are given, asking alone does not. */
const makers: Readonly<Record<ExplainedDhcp['mode'], string>> = {
  off: 'Its first request for a file',
  listen: 'The message',
  proxy: 'The message',
  serve: 'A lease',
};

function describe(device: StoredDevice, { tenants }: Circumstances): string {
  const what = [device.vendor, device.model].filter((part) => part !== undefined).join(' ');
  const tenant = tenants.get(device.tenant);
  const facts = [
    what,
    tenant?.main === false ? `tenant ${tenant.name}` : '',
    device.ip === undefined ? 'no address yet' : `address ${device.ip}`,
    device.approved ? '' : 'not approved',
    device.description === undefined ? '' : `“${device.description}”`,
  ];
  return `It is known as: ${facts.filter((fact) => fact !== '').join(', ')}.`;
}

function pluginOf({ heard, recalled, caller, plugin, candidates }: Explanation): string {
  if (heard.wrongKey) return 'None is looked for, because the key is wrong.';
  const device = caller?.device;
  if (device?.pinned) {
    return plugin ? `${plugin.id}: an operator chose it.` : `${device.plugin}, which an operator chose, is not installed.`;
  }
  if (!plugin) return device?.plugin === undefined ? 'None supports it.' : `${device.plugin}, which it had, is not installed.`;
  if (recalled?.device?.plugin === plugin.id)
    return `${plugin.id}: it has it already, and keeps it as long as it supports the phone.`;
  const [best, next] = candidates;
  const tie = best && next && best.score === next.score ? '; of those that support it equally, the newest firmware line' : '';
  return `${plugin.id}: it supports the phone best${tie}.`;
}

function configOf({ config, caller }: Explanation): string {
  if (!config) return 'None: only a device has one.';
  const { from, id, problem, resolved } = config;
  if (problem !== undefined) return `None. ${problem}.`;
  const chain =
    resolved && resolved.chain.length > 1 ? ` It inherits from ${[...resolved.chain].slice(0, -1).reverse().join(', ')}.` : '';
  const missing =
    resolved && resolved.missing.length > 0 ? ` It names parents that do not exist: ${resolved.missing.join(', ')}.` : '';
  const held = caller?.device?.approved === false ? ' It is used once the device is approved.' : '';
  const how = {
    own: `${id}, as set for this device.`,
    copy: `A copy of ${id} would be made for it.`,
    default: `${id}, as the default of devices without one.`,
  };
  return `${how[from]}${chain}${missing}${held}`;
}

function dhcpOf({ dhcp }: Explanation): string {
  if (!dhcp) return '';
  const { mode, isHeard, forgotten, last } = dhcp;
  if (last) return became(last);
  if (mode === 'off') return isHeard ? 'No DHCP server has told of it since this server started.' : '';
  if (forgotten > 0) return `Of the last DHCP messages that are remembered none is its own; ${forgotten} came before them.`;
  return 'No DHCP message of it was heard since this server started.';
}

/** @returns a sentence; the message stands before it */
function became({ type, outcome, ip, why, how }: RecentMessage): string {
  if (how === 'told')
    return type === 'commit'
      ? `Its DHCP server says that it has ${ip}.`
      : `Its DHCP server says that ${ip} is its own no longer.`;
  if (how === 'heard')
    return ip === undefined
      ? 'It was only heard: this server answers nobody.'
      : `It was only heard: this server answers nobody. The address is ${ip}.`;
  const because = why === undefined ? '' : `: ${why}`;
  switch (outcome) {
    case 'offered':
      return `It was offered ${ip}.`;
    case 'acknowledged':
      return `It was told that ${ip} is its own${because}.`;
    case 'refused':
      return `It was refused ${ip}${because}.`;
    case 'ignored':
      return `It was not answered${because}.`;
    default:
      return ip === undefined ? 'It was noted.' : `It was noted; the address is ${ip}.`;
  }
}

function pnpOf({ question: { profile } }: Explanation): string {
  if (!profile) return '';
  const { became } = profile;
  if (became.kind === 'told') return `It asked where its configuration is, and was told ${became.url}.`;
  return 'It asked where its configuration is, and was not answered: no plugin that is installed supports it.';
}

const learnt = ['mac', 'serial', 'uuid', 'vendor', 'model', 'version', 'ip', 'plugin'] as const;

function changesOf(
  { heard, recalled, caller, config, displaced, outcome, dhcp }: Explanation,
  { tenants }: Circumstances,
): string[] {
  const [before, after] = [recalled?.device, caller?.device];
  const would: string[] = [];
  if (heard.wrongKey) return ['write “wrong key” into the security log'];
  // What nobody hears changes nothing.
  if (!outcome && dhcp?.mode === 'off') return would;
  if (!before && after) {
    const tenant = tenants.get(after.tenant)?.name ?? after.tenant;
    const state = after.approved ? '' : ', held until an operator approves it';
    // One that is another’s, or told from outside, is nobody’s yet.
    const address = after.ip === undefined ? 'without an address' : `at the address ${after.ip}`;
    would.push(`make a device of it, in the tenant ${tenant}, ${address}${state}`);
  }
  if (before && after) {
    for (const fact of learnt) {
      if (before[fact] === after[fact]) continue;
      would.push(
        before[fact] === undefined
          ? `note its ${word(fact)} ${after[fact]}`
          : `change its ${word(fact)} from ${before[fact]} to ${after[fact]}`,
      );
    }
  }
  for (const other of displaced) would.push(`take the address ${after?.ip} from the device ${nameOf(other)}`);
  if (config?.from === 'copy' && config.problem === undefined) would.push(`give it a config of its own, a copy of ${config.id}`);
  if (outcome?.kind === 'file' && after) would.push('note what it fetched');
  if (outcome && 'file' in outcome && outcome.file.artefact.secret) would.push('write a line into the security log');
  return would;
}
