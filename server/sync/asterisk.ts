import { ProvisioningError } from '../lib/errors.ts';
import { formatHostPort, parseIp } from '../lib/ip.ts';
import type { AmiClient } from './ami.ts';
import type { AmiFields, AmiPacket } from './ami-packet.ts';
import type { Notification } from './notify.ts';
import type { Told, Way } from './way.ts';

export interface AsteriskOptions {
  readonly name: string;
  readonly ami: Pick<AmiClient, 'act'>;
  /** Whose phones they are: those of res_pjsip, or of chan_sip, which newer releases do not have. */
  readonly channel: 'pjsip' | 'sip';
  /** On which phones take SIP. */
  readonly port: number;
}

/**
 * An account under which phones register that are nobody's yet: Asterisk does not know them apart by it. As Wazo names them: `ap` and eight
 * characters.
 */
const NOBODYS = /^ap.{8}$/s;

/**
 * Has an Asterisk tell its phones, over its Manager Interface: actions PJSIPNotify (by the endpoint as which the phone is registered, else by
 * its address) and SIPnotify (by the peer). Both need the privilege `system` there.
 */
export function asteriskWay({ name, ami, channel, port }: AsteriskOptions): Way {
  return {
    name,
    async tell(notification, { account, ip, hasOwnAddress }) {
      const endpoint = account === undefined || NOBODYS.test(account) ? undefined : account;
      const uri = ip === undefined || !hasOwnAddress || channel === 'sip' ? undefined : uriAt(ip, port);
      const ways: AmiFields[] = [
        ...(endpoint === undefined ? [] : [[[channel === 'sip' ? 'Channel' : 'Endpoint', endpoint]] as const]),
        ...(uri === undefined ? [] : [[['URI', uri]] as const]),
      ];
      let told: Told = {
        kind: 'impossible',
        why: 'The PBX knows no account of its phone, and no address leads to it',
      };
      for (const fields of ways) {
        told = await ask(ami, channel === 'sip' ? 'SIPnotify' : 'PJSIPNotify', [...fields, ...variablesOf(notification)]);
        if (told.kind !== 'refused') return told;
      }
      return told;
    },
  };
}

async function ask(ami: AsteriskOptions['ami'], action: string, fields: AmiFields): Promise<Told> {
  let answer: AmiPacket;
  try {
    answer = await ami.act(action, fields);
  } catch (cause) {
    if (cause instanceof RangeError) return { kind: 'impossible', why: `Asterisk cannot be told: ${cause.message}` };
    if (!(cause instanceof ProvisioningError)) throw cause;
    const kind =
      cause.code === 'ami-login-refused' ? 'login-refused' : cause.code === 'ami-unanswered' ? 'silent' : 'unreachable';
    return { kind, why: cause.message };
  }
  const [[what = '', whom = ''] = []] = fields;
  const message = answer.get('Message') ?? 'without a word';
  if (answer.get('Response')?.toLowerCase() === 'success') return { kind: 'told', words: `Asterisk tells ${whom}: ${message}` };
  return { kind: 'refused', why: `Asterisk does not tell the ${what} ${whom}: ${message}` };
}

/** Each header is a variable, and so is each line of the body, which are put together again there. */
function variablesOf({ event, headers = [], contentType, body = '' }: Notification): AmiFields {
  const variables = [
    ['Event', event],
    ...headers,
    ...(body === '' ? [] : [['Content-type', contentType ?? 'text/plain']]),
    ...(body === ''
      ? []
      : body
          .replace(/\r?\n$/, '')
          .split(/\r?\n/)
          .map((line) => ['Content', line])),
  ];
  return variables.map(([name = '', value = '']) => ['Variable', `${name}=${escaped(value)}`]);
}

/** A comma would begin another variable; quotes and brackets keep commas together. */
function escaped(value: string): string {
  return value.replaceAll(/[\\,"()[\]]/g, '\\$&');
}

function uriAt(ip: string, port: number): string {
  const address = parseIp(ip);
  return `sip:anonymous@${address === undefined ? ip : formatHostPort(address, port)}`;
}
