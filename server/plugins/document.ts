import type { Vendor } from '../sdk.ts';
import type { ModelRow, Plugin, VendorPackage } from './model.ts';

/** What is known of how a package was held against the world, besides what its definition says. */
export interface Evidence {
  /** Requests that were captured from phones of its vendor, all of which are recognised. */
  readonly captured: number;
  /** Models whose files are compared with those of provd's plugins. */
  readonly compared: readonly string[];
}

/** docs/vendors.md: what stands in the packages of the repository, by vendor. */
export function vendorsPage(packages: readonly VendorPackage[], evidenceOf: (id: string) => Evidence): string {
  const all = packages.toSorted((one, other) => one.id.localeCompare(other.id));
  const models = new Set(all.flatMap((each) => [...modelsOf(each).keys()].map((name) => `${each.id} ${name}`)));
  return [
    '<!-- Generated from plugins/ by `make docs`. -->',
    '# Vendors',
    '',
    `${all.length} packages, ${all.flatMap(({ plugins }) => plugins).length} firmware lines, ${models.size} models. A phone whose model is not in a table is ` +
      'served by the newest line of its vendor, with what all of its models have in common.',
    '',
    ...all.flatMap((each) => chapter(each, evidenceOf(each.id))),
  ].join('\n');
}

function chapter(owner: VendorPackage, evidence: Evidence): string[] {
  const { definition, plugins, id } = owner;
  return [
    `## ${id}`,
    '',
    `${definition.description?.en ?? definition.vendor}. [What is particular about it](../plugins/${id}/README.md).`,
    '',
    ...grid(
      ['', ''],
      [
        ['recognised by', recognised(definition)],
        ['MAC addresses', (definition.macPrefixes ?? []).map(code).join(', ')],
        ['files', files(owner)],
        ['fetched over', transports(owner)],
        [
          'DHCP options',
          Object.entries(definition.dhcp ?? {})
            .map(([number, text]) => `${number}: ${code(text)}`)
            .join('<br>'),
        ],
        ['reads its files anew on', resync(owner)],
        ['how far tried', tried(definition, evidence)],
      ].filter(([, text]) => text !== ''),
    ),
    '',
    ...grid(
      ['line', 'firmware', 'models'],
      plugins.map((plugin) => [plugin.id, releases(plugin), [...plugin.models.keys()].join(', ')]),
    ),
    '',
    ...grid(
      ['model', 'lines', 'keys', 'expansion modules'],
      [...modelsOf(owner)].map(([name, { model }]) => [name, String(model.lines), keys(model), modules(model)]),
    ),
    '',
  ];
}

/** Each model as the last of its lines has it. */
function modelsOf({ plugins }: VendorPackage): Map<string, ModelRow> {
  return new Map(plugins.flatMap(({ models }) => [...models]));
}

const places: Readonly<Record<keyof Vendor['recognise'], string>> = {
  userAgent: 'User-Agent',
  path: 'path',
  query: 'query',
  headers: 'other headers',
  vendorClass: 'DHCP 60',
  vendorSpecific: 'DHCP 43',
  userClass: 'DHCP 77',
  hostName: 'DHCP 12',
  vendorIdentifyingClass: 'DHCP 124',
  vendorIdentifyingOptions: 'DHCP 125',
};

function recognised({ recognise }: Vendor): string {
  const rows = Object.entries(places).flatMap(([place, name]) => {
    const given = recognise[place as keyof Vendor['recognise']] ?? [];
    const patterns: readonly RegExp[] = Array.isArray(given) ? given : Object.values(given).flat();
    return patterns.map((pattern) => `${name} ${code(String(pattern))}`);
  });
  return rows.join('<br>');
}

function files({ plugins }: VendorPackage): string {
  const all = new Map(plugins.flatMap(({ artefacts }) => artefacts.map((each) => [each.name, each] as const)));
  const kind = ({ secret, own }: Plugin['artefacts'][number]) => (secret ? ' (secret)' : own ? '' : ' (common)');
  return [...all.values()].map((each) => `${code(each.name)}${kind(each)}`).join('<br>');
}

function transports({ definition, plugins }: VendorPackage): string {
  const boots = [definition.boot, ...plugins.map(({ line }) => line.boot)];
  return [...new Set(boots.flatMap((boot) => boot?.transports ?? []))].map((each) => each.toUpperCase()).join(', ');
}

function resync({ definition, plugins }: VendorPackage): string {
  const ways = plugins.map(({ line }) => {
    const how = line.resync ?? definition.resync;
    if (!how) return 'nothing that can be sent: it has to be restarted';
    return `SIP NOTIFY ${code(how.event)}${how.restarts ? ', and restarts' : ''}`;
  });
  return [...new Set(ways)].join('<br>');
}

function tried({ tried: phones = [] }: Vendor, { captured, compared }: Evidence): string {
  return [
    phones.length === 0 ? 'no real phone yet' : `real phones: ${phones.join(', ')}`,
    `captured requests of the vendor’s phones, all recognised: ${captured}`,
    ...(compared.length === 0 ? [] : [`files compared with provd’s: ${compared.join(', ')}`]),
  ].join('<br>');
}

/** `85.0.20, 66.86.0.15`: as they are told apart by its series. */
function releases({ models }: Plugin): string {
  return [...new Set([...models.values()].map(({ series }) => series.version))].join(', ');
}

function keys({ keys: given = 0 }: ModelRow['model']): string {
  if (typeof given === 'number') return given === 0 ? '' : String(given);
  return Object.entries(given)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}

function modules({ modules: given }: ModelRow['model']): string {
  return given ? `${given.most} of ${given.keys} keys` : '';
}

const code = (text: string): string => `\`${text}\``;

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
