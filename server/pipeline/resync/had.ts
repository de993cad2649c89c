import type { RawConfig, ResolvedConfig } from '../../configs/model.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { Credentials } from '../../lib/login.ts';
import { Secret } from '../../lib/secret.ts';

/** The complete config of a device, if it has one that is there for its tenant: no phone is shown a login of others. */
export type ConfigOf = (device: StoredDevice) => Promise<ResolvedConfig | undefined>;

/** As whom a phone knows itself; undefined: as nobody. What asks a phone for a login asks for that of a line. */
export type Had = { readonly user: string; readonly credentials?: Credentials } | undefined;

/** What a phone has by the config of its device: its first line. */
export async function hadBy(device: StoredDevice, configOf: ConfigOf): Promise<Had> {
  return firstLine((await configOf(device))?.raw);
}

function firstLine(raw: RawConfig | undefined): Had {
  const lines = raw?.get('sip_lines');
  const [line] = lines instanceof Map ? lines.values() : [];
  if (!(line instanceof Map)) return undefined;
  const text = (key: string) => {
    const value = line.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [user, username = user, password] = ['username', 'auth_username', 'password'].map(text);
  if (user === undefined) return undefined;
  const credentials = username !== undefined && password !== undefined && { username, password: new Secret(password) };
  return { user, ...(credentials && { credentials }) };
}
