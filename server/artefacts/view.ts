import type { Locale, PhoneSettings } from '../configs/raw-config.ts';
import type { Device } from '../devices/model.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { ModelRow, Plugin } from '../plugins/model.ts';
import type { LocaleView, ModelView, ServerView, Vendor, View } from '../sdk.ts';
import { firmwareOf, type Named, nameFor, rowOf } from './names.ts';
import { groupServers, placeKeys, placeLines } from './places.ts';
import { timeZoneView } from './time-zone-view.ts';

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
  const row = rowOf(plugin, model);
  const { definition } = plugin.package;
  const revealed = settings.lines.map(({ password, displayName, ...line }) => ({
    ...line,
    password: password.reveal(),
    displayName: onOneLine(displayName),
  }));
  const keys = settings.keys.map((key) => ({ ...key, label: key.label === null ? null : onOneLine(key.label) }));
  const { lines, serverSets } = groupServers(revealed, definition.servers);
  const firmware = firmwareOf(plugin);
  const linePlaces = placeLines(lines, row?.model);
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
    model: row ? modelView(row, firmware) : null,
    plugin: { id: plugin.id, firmware },
    server,
    files: filesOf(plugin, { ...device, ...(model !== undefined && { model }) }),
    lines,
    linePlaces,
    serverSets,
    keys,
    keyPlaces: placeKeys(keys, linePlaces, row?.model),
    sip: { ...settings.sip, localKey: settings.sip.localKey?.reveal() ?? null },
    callManagers: settings.callManagers,
    locale: settings.locale && { ...settings.locale, words: localeWords(settings.locale, definition) },
    timeZone: settings.timeZone === null ? null : timeZoneView(settings.timeZone),
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

/** What people are called, and what keys are: in a header of SIP or on a phone's screen there are no others. */
function onOneLine(text: string): string {
  const lines = text.split(/[\p{Cc}\u2028\u2029]+/u);
  if (lines.length === 1) return text;
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  return said.join(' ');
}

function filesOf(plugin: Plugin, named: Named): Record<string, string> {
  return Object.fromEntries(
    plugin.artefacts.flatMap((artefact) => {
      const name = nameFor(plugin, artefact, named);
      return name === undefined ? [] : [[artefact.template, name]];
    }),
  );
}

function modelView({ name, model, series }: ModelRow, firmware: View['plugin']['firmware']): ModelView {
  const images = firmware.find((each) => each.model === name)?.images ?? [];
  return { ...model, name, version: series.version, images };
}

function localeWords({ name, country, language }: Locale, { locales = {} }: Vendor): LocaleView['words'] {
  const find = (table: (typeof locales)[string]) => table[name] ?? table[country] ?? table[language] ?? null;
  return Object.fromEntries(Object.entries(locales).map(([use, table]) => [use, find(table)]));
}

function accountOf({ username, password }: PhoneSettings['admin']): View['admin'] {
  return { username, password: password?.reveal() ?? null };
}
