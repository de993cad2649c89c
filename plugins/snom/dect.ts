import type { Artefact, DeviceInfo, Line, View } from '../../server/sdk.ts';
import { dect5, dect7 } from './models.ts';
import { zoneOf } from './zones.ts';

/** Bases M300, M400, M700 and M900 with their handsets, each of which has an account. */

const artefacts: readonly Artefact[] = [
  { name: '{MAC}.xml', template: 'dect.tpl', format: 'xml', secret: true },
  { name: 'snom{model}-{MAC}.htm', template: 'own.tpl', format: 'xml' },
  { name: 'snom{model}.htm', template: 'dect-start.tpl', format: 'xml' },
  { name: 'snom{model}-firmware.htm', template: 'dect-firmware.tpl', format: 'xml' },
];

const common: Omit<Line, 'series'> = {
  artefacts,
  boot: {
    transports: ['http', 'https'],
    userAgent: 'Mozilla/4.0 (compatible; snom {model} {version} {mac})',
    requests: [
      { path: 'snom{model}.htm' },
      { path: 'snom{model}-firmware.htm' },
      { path: 'snom{model}-{MAC}.htm' },
      { path: '{MAC}.xml' },
      { images: true },
    ],
  },
  resync: { event: 'check-sync;reboot=true', restarts: true },
};

export const lines: Readonly<Record<string, Line>> = {
  'snom-dect-07.40.0104': { series: dect7, ...common },
  'snom-dect-05.20.0001': { series: dect5, ...common },
};

export const isBase = ({ model = '' }: Pick<DeviceInfo, 'model'>): boolean => /^M\d{3}$/.test(model);

/** A base counts weekdays from Sunday, which is 1. */
export function extra({ timeZone, lines: handsets }: View) {
  return {
    zone: timeZone && zoneOf(timeZone),
    /** Handsets are let in with the number of their line, in four digits. */
    accessCodes: new Map(handsets.map(({ number }) => [number, String(number).padStart(4, '0')])),
  };
}
