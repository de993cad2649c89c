import type { PhoneSettings } from '../configs/raw-config.ts';
import type { Device } from '../devices/model.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { parseTimeZone } from '../lib/time-zone.ts';
import type { Plugin } from '../plugins/model.ts';
import type { ServerView, View } from '../sdk.ts';
import { firmwareOf, type Named, nameFor } from './names.ts';

export interface ViewInput {
  readonly plugin: Plugin;
  /** Absent for a common file. */
  readonly device?: Device;
  /** The model of a common file that there is for each model. */
  readonly model?: string;
  readonly settings: PhoneSettings;
  readonly raw: ReadonlyMap<string, OrderedJson>;
  readonly server: ServerView;
}

/**
 * What a template sees: the same for every vendor, typed, complete. Passwords are revealed here and nowhere before.
 * @throws what the package's `extra` function throws
 */
export function buildView({ plugin, device, model = device?.model, settings, raw, server }: ViewInput): View {
  const row = model === undefined ? undefined : plugin.models.get(model);
  const { definition } = plugin.package;
  const view = {
    device: {
      id: device?.id ?? '',
      mac: device?.mac ?? null,
      serial: device?.serial ?? null,
      uuid: device?.uuid ?? null,
      ip: device?.ip ?? null,
      vendor: device?.vendor ?? definition.vendor,
      model: model ?? null,
      version: device?.version ?? null,
    },
    model: row ? { ...row.model, name: row.name } : null,
    plugin: { id: plugin.id, firmware: firmwareOf(plugin) },
    server,
    files: filesOf(plugin, { ...device, ...(model !== undefined && { model }) }),
    lines: settings.lines.map((line) => ({ ...line, password: line.password.reveal() })),
    keys: settings.keys,
    sip: { ...settings.sip, localKey: settings.sip.localKey?.reveal() ?? null },
    callManagers: settings.callManagers,
    locale: settings.locale,
    timeZone: timeZoneOf(settings.timeZone),
    ntp: settings.ntp,
    dns: settings.dns,
    vlan: settings.vlan,
    syslog: settings.syslog,
    admin: accountOf(settings.admin),
    user: accountOf(settings.user),
    codes: settings.codes,
    phoneBook: settings.phoneBook,
    protocol: settings.protocol,
    options: device?.options ?? new Map(),
    raw,
    words: definition.words ?? {},
    extra: {},
  } satisfies View;
  return definition.extra ? { ...view, extra: definition.extra(view) } : view;
}

function filesOf(plugin: Plugin, named: Named): Record<string, string> {
  return Object.fromEntries(
    plugin.artefacts.flatMap((artefact) => {
      const name = nameFor(artefact, named);
      return name === undefined ? [] : [[artefact.template, name]];
    }),
  );
}

function timeZoneOf(name: string | null): View['timeZone'] {
  const zone = name === null ? undefined : parseTimeZone(name);
  return zone ? { ...zone, daylight: zone.daylight ?? null } : null;
}

function accountOf({ username, password }: PhoneSettings['admin']): View['admin'] {
  return { username, password: password?.reveal() ?? null };
}
