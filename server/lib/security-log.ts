import { timestamp } from './clock.ts';
import { LineFile, type LineFileOptions } from './line-file.ts';

/**
 * Who asked for what with secrets in it, one line an event. The formats are stable, for docs/fail2ban/offhook.conf:
 *
 *   2026-11-22T04:01:00.000Z sensitive file requested from 192.0.2.1: Digium/000fd3054848.cfg (sent)
 *   2026-11-22T04:01:00.000Z sensitive file requested from 192.0.2.1: Digium/000fd3054848.cfg (refused: unknown device)
 *   2026-11-22T04:01:00.000Z new device created from 192.0.2.1: 254374beec8d40209ff70393326b0b13
 *   2026-11-22T04:01:00.000Z wrong key from 192.0.2.1
 *   2026-11-22T04:01:00.000Z login refused from 192.0.2.1
 *   2026-11-22T04:01:00.000Z login limited from 192.0.2.1
 *   2026-11-22T04:01:00.000Z wrong code from 192.0.2.1: 254374beec8d40209ff70393326b0b13
 *   2026-11-22T04:01:00.000Z codes limited from 192.0.2.1: 254374beec8d40209ff70393326b0b13
 *
 * What phones sent is escaped: no name, however chosen, adds a line, ends one early or looks like the words around it.
 */
export interface SecurityLog {
  /** A file that carries secrets was asked for: `name` without the provisioning key, and why it was `refused`, if it was. */
  sensitiveFile(ip: string, name: string, refused?: string): void;
  deviceCreated(ip: string, id: string): void;
  /** The key is not told: a wrong one is often the right one with a slip. */
  wrongKey(ip: string): void;
  /** Name or password were wrong. Neither is told: people type the one in the place of the other. */
  loginRefused(ip: string): void;
  /** Somebody tried too often, and the password was not looked at. */
  loginLimited(ip: string): void;
  /** A code that no config has was dialled at the phone of a device; the address is that of the PBX which asked. The code is not told. */
  wrongCode(ip: string, device: string): void;
  /** Too many were, and it was not looked at. */
  codesLimited(ip: string, device: string): void;
  reopen(): void;
  flushSync(): void;
  close(): Promise<void>;
}

export function openSecurityLog(file: string, options: LineFileOptions & { readonly now?: () => number } = {}): SecurityLog {
  const { now = Date.now } = options;
  const lines = new LineFile(file, options);
  const write = (event: string, ip: string, what: string) =>
    lines.write(`${timestamp(now())} ${event} from ${escapeName(ip)}${what}\n`);
  return {
    sensitiveFile(ip, name, refused) {
      const outcome = refused === undefined ? 'sent' : `refused: ${refused.split(' ').map(escapeName).join(' ')}`;
      write('sensitive file requested', ip, `: ${escapeName(name)} (${outcome})`);
    },
    deviceCreated: (ip, id) => write('new device created', ip, `: ${escapeName(id)}`),
    wrongKey: (ip) => write('wrong key', ip, ''),
    loginRefused: (ip) => write('login refused', ip, ''),
    loginLimited: (ip) => write('login limited', ip, ''),
    wrongCode: (ip, device) => write('wrong code', ip, `: ${escapeName(device)}`),
    codesLimited: (ip, device) => write('codes limited', ip, `: ${escapeName(device)}`),
    reopen: () => lines.reopen(),
    flushSync: () => lines.flushSync(),
    close: () => lines.close(),
  };
}

/** Names of files of real phones are far shorter. */
const MAX_NAME = 200;

/** Nearly every name is. */
const HARMLESS = /^[\w./:@%+=,~$-]+$/;

/** One word of harmless characters: everything else, blanks, brackets and the backslash too, becomes `\x20` or `\u{20ac}`. */
export function escapeName(name: string): string {
  const cut = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}...` : name;
  if (HARMLESS.test(cut)) return cut;
  const escaped = cut.replaceAll(/[^\w./:@%+=,~$-]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
  return escaped === '' ? '-' : escaped;
}
