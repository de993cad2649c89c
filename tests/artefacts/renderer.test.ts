import { expect, test } from '@jest/globals';
import { type Resolved, resolveName } from '../../server/artefacts/names.ts';
import { type Ingredients, Renderer, type RendererOptions } from '../../server/artefacts/renderer.ts';
import { defaultLimits } from '../../server/artefacts/template/template.ts';
import type { ResolvedConfig } from '../../server/configs/model.ts';
import { readSettings } from '../../server/configs/raw-config.ts';
import type { Plugin } from '../../server/plugins/model.ts';
import type { Vendor } from '../../server/sdk.ts';
import { testPackage } from '../support/packages.ts';
import { device, raw } from '../support/render.ts';

const artefacts: NonNullable<Vendor['artefacts']> = [
  { name: 'a/{mac}.cfg', template: 'phone.tpl', format: 'lines', secret: true },
  { name: 'a/{mac}.txt', template: 'latin.tpl', format: 'text', encoding: 'iso-8859-1' },
];

function pluginWith(templates: Record<string, string>, change: Partial<Vendor> = {}): Plugin {
  const [plugin] = testPackage('Acme', { artefacts, ...change }, templates).plugins;
  if (!plugin) throw new Error('no plugin');
  return plugin;
}

const config: ResolvedConfig = {
  id: 'c',
  tenant: 't1',
  raw: raw({
    locale: 'fr_FR',
    sip_lines: { 1: { username: 'u', password: 'pw', display_name: 'Zoé €', proxy_ip: '192.0.2.1' } },
  }),
  chain: ['c'],
  missing: [],
  updated: 5,
};

function ingredients(plugin: Plugin, path = '/a/000fd3051122.cfg', change: Partial<Ingredients> = {}): Ingredients {
  const phone = device(plugin, { updated: 3, model: 'M1' });
  const reading = readSettings(config.raw);
  if ('complaints' in reading) throw new Error('bad config');
  const file = resolveName(path, plugin, phone) as Resolved;
  return {
    plugin,
    file,
    device: phone,
    config,
    settings: reading.settings,
    server: { url: 'http://192.0.2.10:8667', host: '192.0.2.10', tftpPort: 69 },
    ...change,
  };
}

function rendererWith(options: Partial<RendererOptions> = {}): { renderer: Renderer; kinds: string[] } {
  const kinds: string[] = [];
  const renderer = new Renderer({
    texts: { overrides: new Map(), shared: new Map([['shared.tpl', 'shared']]) },
    cacheBytes: 1_000_000,
    limits: defaultLimits,
    observe: ({ kind }) => kinds.push(kind),
    ...options,
  });
  return { renderer, kinds };
}

test('a file that is sealed is what the package makes of the text, and has the type that it says', () => {
  const sealed: Vendor['artefacts'] = [
    {
      name: 'a/{mac}.bin',
      template: 'phone.tpl',
      format: 'lines',
      contentType: 'application/octet-stream',
      seal: (text, { mac }) => Uint8Array.from([0, 0xff, text.length, ...Buffer.from(mac?.slice(-2) ?? '', 'hex')]),
    },
  ];
  const { renderer } = rendererWith();
  const plugin = pluginWith({ 'phone.tpl': 'user={{ lines[0].username }}' }, { artefacts: sealed });
  const { bytes, contentType } = renderer.render(ingredients(plugin, '/a/000fd3051122.bin'));
  expect([bytes.toString('hex'), contentType]).toEqual(['00ff0622', 'application/octet-stream']);
});

test('a seal that fails is a file that cannot be made, and says why', () => {
  const seal = () => {
    throw new Error('the phone has no MAC');
  };
  const artefact = { name: 'a/{mac}.bin', template: 'phone.tpl', format: 'text', seal } as const;
  const plugin = pluginWith({ 'phone.tpl': 'x' }, { artefacts: [artefact] });
  const broken = () => rendererWith().renderer.render(ingredients(plugin, '/a/000fd3051122.bin'));
  expect(broken).toThrow('the phone has no MAC');
});

test('a file is rendered once and then at hand, until one of its ingredients is another', () => {
  const { renderer, kinds } = rendererWith();
  const plugin = pluginWith({ 'phone.tpl': '{{ lines[0].displayName }} {{ device.version }}' });
  const made = ingredients(plugin);
  const first = renderer.render(made);
  expect(renderer.render(ingredients(plugin, undefined, { config, settings: made.settings }))).toBe(first);
  expect(first.bytes.toString()).toBe('Zoé € 1.0');
  const others: Ingredients[] = [
    { ...made, config: { ...config } },
    { ...made, device: device(plugin, { revision: 2, updated: 3 }) },
    { ...made, device: device(plugin, { revision: 1, updated: 4 }) },
    { ...made, server: { ...made.server, url: 'http://192.0.2.11:8667' } },
    ingredients(pluginWith({ 'phone.tpl': 'new' })),
  ];
  for (const other of others) renderer.render(other);
  renderer.replaceTexts({ overrides: new Map(), shared: new Map() });
  renderer.render(made);
  expect(kinds).toEqual(['rendered', 'hit', ...others.map(() => 'rendered'), 'rendered']);
});

test('other overrides of one plugin leave the files of another where they are', () => {
  const { renderer, kinds } = rendererWith({});
  const plugin = pluginWith({ 'phone.tpl': 'package' });
  const made = ingredients(plugin);
  const shared = new Map<string, string>();
  renderer.replaceTexts({ overrides: new Map(), shared });
  renderer.render(made);
  renderer.replaceTexts({ overrides: new Map([['other-1', new Map([['phone.tpl', 'theirs']])]]), shared });
  renderer.render(made);
  renderer.replaceTexts({ overrides: new Map([[plugin.id, new Map([['phone.tpl', 'mine']])]]), shared });
  expect(renderer.render(made).bytes.toString()).toBe('mine');
  renderer.replaceTexts({ overrides: new Map(), shared });
  expect(renderer.render(made).bytes.toString()).toBe('package');
  expect(kinds).toEqual(['rendered', 'hit', 'rendered', 'rendered']);
});

test('a file says when it was made, to the end of that second, whatever its ingredients say of themselves', () => {
  let now = 10_500;
  const { renderer } = rendererWith({ now: () => now });
  const plugin = pluginWith({ 'phone.tpl': '{{ server.url }}' });
  const made = ingredients(plugin);
  const modified = (url: string, change = {}) =>
    renderer.render({ ...made, ...change, server: { ...made.server, url } }).modified.getTime();
  expect(modified('http://a')).toBe(11_000);
  now = 20_000;
  expect(modified('http://a')).toBe(11_000);
  expect(modified('http://b')).toBe(20_000);
  now = 30_000;
  // The bytes of before, but a phone may have taken those of b: its date must not say that it has them.
  expect(modified('http://a')).toBe(30_000);
  now = 40_000;
  // So may they be after a change and its contrary, of which another process rendered what lay between.
  expect(modified('http://a', { config: { ...config } })).toBe(40_000);
});

test('with a new year a file is made anew: it may tell the dates at which clocks change', () => {
  let now = Date.UTC(2026, 11, 31, 23, 59, 59);
  const { renderer, kinds } = rendererWith({ now: () => now });
  const made = ingredients(pluginWith({ 'phone.tpl': 'x' }));
  for (const later of [0, 500, 1_000, 1_500]) {
    now += later;
    renderer.render(made);
  }
  expect(kinds).toEqual(['rendered', 'hit', 'rendered', 'hit']);
});

test('without room in memory every request renders', () => {
  const { renderer, kinds } = rendererWith({ cacheBytes: 0 });
  const made = ingredients(pluginWith({ 'phone.tpl': 'x' }));
  renderer.render(made);
  renderer.render(made);
  expect(kinds).toEqual(['rendered', 'rendered']);
});

test('a file is in its encoding and says so', () => {
  const { renderer } = rendererWith();
  const plugin = pluginWith({ 'latin.tpl': '{{ lines[0].displayName }}', 'phone.tpl': '' });
  const { bytes, contentType } = renderer.render(ingredients(plugin, '/a/000fd3051122.txt'));
  expect([bytes.toString('latin1'), contentType]).toEqual(['Zoé ?', 'text/plain; charset=iso-8859-1']);
});

test('the operator’s template for one device stands before that for a model, and that before the package’s', () => {
  const plugin = pluginWith({
    'phone.tpl': 'package',
    'M1.tpl': 'package for M1',
    'M1-latin.tpl': 'other file for M1',
    'latin.tpl': '',
  });
  const withOverrides = (overrides: [string, string][]) =>
    rendererWith({ texts: { overrides: new Map([['Acme-1', new Map(overrides)]]), shared: new Map() } }).renderer;
  const text = (renderer: Renderer, path?: string) => renderer.render(ingredients(plugin, path)).bytes.toString();
  expect(text(withOverrides([]))).toBe('package for M1');
  expect(text(withOverrides([]), '/a/000fd3051122.txt')).toBe('other file for M1');
  expect(text(withOverrides([['phone.tpl', 'mine']]))).toBe('package for M1');
  expect(text(withOverrides([['M1.tpl', 'mine for M1']]))).toBe('mine for M1');
  expect(
    text(
      withOverrides([
        ['M1.tpl', 'mine for M1'],
        ['000fd3051122.cfg.tpl', 'mine for one'],
      ]),
    ),
  ).toBe('mine for one');
});

test('a template includes what the operator, the package and all vendors share, in that order', () => {
  const plugin = pluginWith({
    'phone.tpl': '{% include "shared.tpl" %} {% include "part.tpl" %}',
    'part.tpl': 'part',
    'latin.tpl': '',
  });
  expect(rendererWith().renderer.render(ingredients(plugin)).bytes.toString()).toBe('shared part');
  const overrides = new Map([['Acme-1', new Map([['part.tpl', 'mine']])]]);
  const { renderer } = rendererWith({ texts: { overrides, shared: new Map([['shared.tpl', 's']]) } });
  expect(renderer.render(ingredients(plugin)).bytes.toString()).toBe('s mine');
  expect(renderer.templateOf(ingredients(plugin))).toBe('Acme/phone.tpl');
});

test('the names under which a template is looked for are told, with what each hides', () => {
  const plugin = pluginWith({ 'phone.tpl': 'package', 'latin.tpl': '', 'M1.tpl': 'package for M1' });
  const overrides = new Map([
    [
      'Acme-1',
      new Map([
        ['phone.tpl', 'mine'],
        ['M1.tpl', 'mine for M1'],
      ]),
    ],
  ]);
  const { renderer } = rendererWith({ texts: { overrides, shared: new Map([['phone.tpl', 'shared']]) } });
  expect(renderer.templateStack(ingredients(plugin))).toEqual([
    { name: '000fd3051122.cfg.tpl', layers: [] },
    { name: 'M1.tpl', layers: ['templates/Acme-1/M1.tpl', 'Acme/M1.tpl'] },
    { name: 'phone.tpl', layers: ['templates/Acme-1/phone.tpl', 'Acme/phone.tpl', 'shared/phone.tpl'] },
  ]);
  expect(renderer.templateOf(ingredients(plugin))).toBe('templates/Acme-1/M1.tpl');
});

test('a rehearsal makes the same file, keeps nothing and looks at nothing that is kept', () => {
  const { renderer, kinds } = rendererWith();
  const plugin = pluginWith({ 'phone.tpl': '{{ device.version }}', 'latin.tpl': '' });
  const made = ingredients(plugin);
  expect(renderer.rehearse(made)).toEqual(renderer.render(made));
  const otherwise = ingredients(plugin, undefined, { device: device(plugin, { updated: 3, model: 'M1', version: '9' }) });
  expect(renderer.rehearse(otherwise).bytes.toString()).toBe('9');
  expect(renderer.render(made).bytes.toString()).toBe('1.0');
  expect(kinds).toEqual(['rendered', 'hit']);
  expect(() => renderer.rehearse(ingredients(pluginWith({ 'phone.tpl': '{{ x.y }}', 'latin.tpl': '' })))).toThrow(/phone\.tpl:1/);
});

test('a failure has the template’s place, no value, and is not tried again until something changes', () => {
  const { renderer, kinds } = rendererWith();
  const made = ingredients(pluginWith({ 'phone.tpl': 'ok\n{{ lines[0].password.x.y }}', 'latin.tpl': '' }));
  for (const _ of [1, 2]) {
    expect(() => renderer.render(made)).toThrow(/^a\/000fd3051122\.cfg cannot be rendered: .*phone\.tpl:2/);
    expect(() => renderer.render(made)).not.toThrow(/pw/);
  }
  expect(kinds[0]).toBe('failed');
  expect(kinds.slice(1)).toEqual(kinds.slice(1).map(() => 'hit'));
});

test('an extra function that throws fails its file, and nothing else', () => {
  const { renderer } = rendererWith();
  const plugin = pluginWith(
    { 'phone.tpl': 'x', 'latin.tpl': '' },
    {
      extra: () => {
        throw new Error('no such key layout');
      },
    },
  );
  expect(() => renderer.render(ingredients(plugin))).toThrow('a/000fd3051122.cfg cannot be rendered: no such key layout');
});

test('values keep to their line in a file of lines, and markup is escaped in XML', () => {
  const sip_lines = { 1: { username: 'u', password: 'a\nb = <c>', display_name: 'D', proxy_ip: '192.0.2.1' } };
  const hostile = { ...config, raw: raw({ sip_lines }) };
  const reading = readSettings(hostile.raw);
  if ('complaints' in reading) throw new Error('bad config');
  const text = (format: 'lines' | 'xml' | 'text') => {
    const plugin = pluginWith(
      { 'phone.tpl': '{{ lines[0].password }}' },
      { artefacts: [{ name: 'a/{mac}.cfg', template: 'phone.tpl', format }] },
    );
    return rendererWith()
      .renderer.render(ingredients(plugin, undefined, { config: hostile, settings: reading.settings }))
      .bytes.toString();
  };
  expect(text('lines')).toBe('a b = <c>');
  expect(text('xml')).toBe('a&#10;b = &lt;c&gt;');
  expect(text('text')).toBe('a\nb = <c>');
});

test('a file made ahead pushes out none that was asked for, and stays where there is room', () => {
  const plugin = pluginWith({ 'phone.tpl': 'x'.repeat(10_000), 'latin.tpl': 'y' });
  const { renderer, kinds } = rendererWith({ cacheBytes: 25_000 });
  const of = (id: string) => {
    const made = ingredients(plugin);
    return { ...made, device: { ...device(plugin, { updated: 3, model: 'M1' }), id } };
  };
  renderer.render(of('asked'));
  renderer.render(of('ahead'), 'if-room');
  renderer.render(of('too much'), 'if-room');
  for (const id of ['asked', 'ahead', 'too much', 'asked']) renderer.render(of(id), 'if-room');
  expect(kinds).toEqual(['rendered', 'rendered', 'rendered', 'hit', 'hit', 'rendered', 'hit']);
  renderer.render(of('too much'));
  expect(renderer.cachedBytes).toBeLessThanOrEqual(25_000);
  renderer.render(of('asked'), 'if-room');
  expect(kinds.slice(7)).toEqual(['rendered', 'hit']);
});
