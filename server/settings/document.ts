import { dump } from 'js-yaml';
import { type Group, isGroup, type Key, lastName, settingsTree } from './keys.ts';

/** docs/settings.md */
export function settingsPage(): string {
  return `${INTRODUCTION}${settingsTree.members.map(chapter).join('')}`;
}

/** offhook.yml.example: every setting with its default, commented out. */
export function settingsExample(): string {
  const head = [
    'Settings of Offhook: /etc/offhook/offhook.yml, or the file given with --config.',
    'Everything here is commented out and shows the default; docs/settings.md says more.',
  ];
  return `${head.map((text) => `# ${text}\n`).join('')}${settingsTree.members.map((member) => `\n${example(member, '')}`).join('')}`;
}

const INTRODUCTION = `<!-- Generated from server/settings.ts by \`make docs\`. -->
# Settings

Nothing has to be set: the server starts with the defaults below. What is set comes from, the later the stronger,

1. the settings file: \`--config FILE\`, else \`/etc/offhook/offhook.yml\` if it is there,
2. \`conf.d/*.yml\` beside it, in the order of their names,
3. environment variables (an empty one says nothing),
4. flags: \`--set http.port=8080\`, any number of times, and \`--data\`, \`--log-level\`.

Maps merge, lists replace one another, and an empty value (\`port:\`) is the default again. \`offhook serve --print-settings\` shows
what is in force and where each value comes from; passwords are masked. A mistake stops the start, with one line for each mistake.

The files are YAML 1.2, read by the type of the key: \`yes\`, \`on\`, \`1\` and \`true\` are the same where a yes or no is due, and the text
\`yes\` where a text is. In \`base_config\`, where any type may stand, only \`true\`, \`false\`, \`null\` and plain decimal numbers are no
texts: an unquoted \`001565123456\`, \`012\` or \`12:30\` keeps its characters. \`::\` needs quotes. A key may be given
once; anchors, aliases, tags and \`<<\` are refused. Lists can be one text with commas, as in the environment: \`0.0.0.0,::\`.

Settings are read at start; \`log.level\` can be changed while the server runs.
`;

function chapter(member: Group | Key): string {
  if (!isGroup(member)) return `\n## ${member.path}\n\n${table([member])}`;
  const keys = member.members.filter((each): each is Key => !isGroup(each));
  const below = member.members.filter(isGroup).map(chapter);
  return `\n## ${member.path}\n\n${member.description}\n\n${table(keys)}${below.join('')}`;
}

function table(keys: readonly Key[]): string {
  const rows = keys.map(
    (key) =>
      `| \`${key.path}\`<br>\`${key.variable}\` | ${defaultText(key)} | ${cell(allowedText(key))} | ${cell(key.description)} |\n`,
  );
  return `| key, variable | default | allowed | |\n|---|---|---|---|\n${rows.join('')}`;
}

function allowedText({ allowed, filePath, kind }: Key): string {
  return filePath && kind === 'text' ? 'a path' : allowed;
}

const cell = (text: string): string => text.replaceAll(/[<|]/g, '\\$&');

function defaultText(key: Key): string {
  const value = defaultOf(key);
  return value === undefined ? 'none' : `\`${flow(value)}\``;
}

function defaultOf({ type }: Key): unknown {
  const value = type.parse(undefined);
  if (value instanceof Map) return Object.fromEntries(value);
  return Array.isArray(value) ? value.map((item) => (typeof item === 'object' ? item.text : item)) : value;
}

const flow = (value: unknown): string => dump(value, { flowLevel: 0, lineWidth: -1 }).trimEnd();

function example(member: Group | Key, indent: string): string {
  const name = `${indent}${lastName(member.path)}:`;
  const comment = wrap(member.description, 118 - indent.length).map((line) => `${indent}# ${line}\n`);
  if (isGroup(member)) {
    const inner = member.members.map((each) => example(each, `${indent}  `)).join('');
    return `${comment.join('')}${name}\n${inner}`;
  }
  const value = defaultOf(member);
  return `${comment.join('')}${indent}# ${name.trimStart()}${value === undefined ? '' : ` ${flow(value)}`}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
