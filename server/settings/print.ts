import { dump } from 'js-yaml';
import { isSecretName, isSecretValue, MASK } from '../lib/mask.ts';
import type { Settings } from '../settings.ts';
import { type Group, isGroup, type Key, lastName, settingsKeys, settingsTree } from './keys.ts';
import type { Loaded } from './load.ts';
import { formatOrigin, type Node, plainValue } from './yaml.ts';

/**
 * The settings in force as YAML that would be read the same, except for passwords, which are masked. Behind each value that was
 * given stands where.
 */
export function printSettings({ settings, given }: Loaded): string {
  return settingsTree.members.flatMap((member) => print(member, new Map(Object.entries(settings)), given, '')).join('');
}

function print(member: Group | Key, values: ReadonlyMap<string, unknown>, given: Loaded['given'], indent: string): string[] {
  const name = lastName(member.path);
  const value = values.get(name);
  if (isGroup(member)) {
    const inner = new Map(Object.entries(value as object));
    return [`${indent}${name}:\n`, ...member.members.flatMap((each) => print(each, inner, given, `${indent}  `))];
  }
  const node = given.get(member.path);
  if (value === undefined) return [`${indent}# ${name}:\n`];
  if (node && member.kind === 'map') return printTree(name, node, indent);
  return [line(indent, name, scalar(toPrinted(value)), node)];
}

/** Raw config, every value with its own origin. */
function printTree(name: string, node: Node, indent: string): string[] {
  if (node.kind === 'map' && node.entries.size > 0) {
    const entries = Array.from(node.entries, ([key, entry]) => printEntry(key, entry.node, `${indent}  `));
    return [`${indent}${scalar(name)}:\n`, ...entries.flat()];
  }
  return [line(indent, name, node.kind === 'map' ? '{}' : scalar(toPrinted(plainValue(node))), node)];
}

function printEntry(key: string, node: Node, indent: string): string[] {
  if (isSecretName(key)) return [line(indent, key, scalar(MASK), node)];
  return printTree(key, node, indent);
}

function line(indent: string, name: string, text: string, node: Node | undefined): string {
  return `${indent}${scalar(name)}: ${text}${node ? `  # ${formatOrigin(node.origin)}` : ''}\n`;
}

/** The settings in force by their keys, as they are written in a file; secrets are masked, and what is not set is undefined. */
export function settingsInForce(settings: Settings): { readonly key: Key; readonly value: unknown }[] {
  return Array.from(settingsKeys.values(), (key) => {
    const names = key.path.split('.');
    const value = names.reduce<unknown>((group, name) => new Map(Object.entries(group as object)).get(name), settings);
    return { key, value: toPrinted(value) };
  });
}

/** A parsed value as it is written: networks in their words, Maps as objects, secrets masked. */
function toPrinted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPrinted);
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [key, isSecretName(key) ? MASK : toPrinted(item)]);
    return Object.fromEntries(entries);
  }
  if (isSecretValue(value)) return MASK;
  return value !== null && typeof value === 'object' && 'text' in value ? value.text : value;
}

/** On one line, whatever it is. */
function scalar(value: unknown): string {
  const text = dump(value, { flowLevel: 0, lineWidth: -1 }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
}
