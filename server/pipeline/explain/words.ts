import type { Device } from '../../devices/model.ts';
import type { DeviceInfo } from '../../sdk.ts';

const words = {
  mac: 'MAC address',
  serial: 'serial number',
  uuid: 'UUID',
  ip: 'address',
  vendor: 'vendor',
  model: 'model',
  version: 'firmware release',
  plugin: 'plugin',
} as const;

export function word(fact: keyof typeof words): string {
  return words[fact];
}

/** `MAC address 00:0f:d3:05:48:48 or serial number 12` */
export function factsIn(info: DeviceInfo): string {
  return (['mac', 'serial', 'uuid'] as const)
    .flatMap((fact) => (info[fact] === undefined ? [] : [`${word(fact)} ${info[fact]}`]))
    .join(' or ');
}

/** As a command takes it, and people know it. */
export function nameOf({ id, mac }: Device): string {
  return mac ?? id;
}

export function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

export function sizeOf(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes.toLocaleString('en-US')} bytes`;
}
