import { spawnSync } from 'node:child_process';
import { imagesOf, nameFor, resolveName } from '../../server/artefacts/names.ts';
import { templateNames } from '../../server/artefacts/overrides.ts';
import { candidates, score, support } from '../../server/associate/associate.ts';
import type { Device } from '../../server/devices/model.ts';
import { compileRecogniser } from '../../server/identify/identify.ts';
import { type Mac, parseMac } from '../../server/lib/mac.ts';
import type { PhoneRequest } from '../../server/pipeline/request.ts';
import type { ModelRow, Plugin, PluginArtefact, VendorPackage } from '../../server/plugins/model.ts';
import type { DeviceInfo, Format } from '../../server/sdk.ts';
import { bootOf, type PhoneBoot } from '../../server/simulate/boot.ts';
import { marked, marker, rawConfigs, secrets } from '../support/raw-configs.ts';
import { device, render } from '../support/render.ts';
import { dhcp, request } from '../support/requests.ts';
import { isInstalled } from './firmware.ts';
import { problems } from './well-formed.ts';

/** A request of a vendor's phone and what it tells. */
export interface Sample {
  readonly path?: string;
  readonly userAgent?: string;
  readonly query?: string;
  /** Other headers, by their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** DHCP option 60, and others by code in hexadecimal. */
  readonly vendorClass?: string;
  readonly options?: Readonly<Record<number, string>>;
  readonly info: Readonly<Record<string, string>>;
  /** The plugin that supports this phone exactly, where the request tells enough to know. */
  readonly plugin?: string;
}

/** What the contract is held against besides the package itself. */
export interface Surroundings {
  /** All packages, this one among them. */
  readonly all: readonly VendorPackage[];
  readonly samples: readonly Sample[];
  /** The text of the files of pkgs/. */
  readonly firmware: string;
}

/** An invariant of every vendor package: what breaks it, in words; nothing when it holds. */
export interface Invariant {
  readonly sentence: string;
  broken(subject: VendorPackage, surroundings: Surroundings): string[];
}

const unknownModel = 'model-that-nobody-makes';

export const invariants: readonly Invariant[] = [
  {
    sentence: 'every firmware image is installed by a firmware package',
    broken: ({ plugins }, { firmware }) =>
      plugins.flatMap((plugin) =>
        imagePaths(plugin)
          .filter((image) => !isInstalled(firmware, plugin.id, image))
          .map((image) => `no firmware package of ${plugin.id} installs ${image}`),
      ),
  },
  {
    sentence: 'every model, an unknown one and none render every artefact in every case',
    broken: ({ plugins }) =>
      renderingsOf(plugins).flatMap(({ label, text, failure }) => {
        if (text === undefined) return [`${label}: ${failure}`];
        return text.trim() === '' ? [`${label}: the file is empty`] : [];
      }),
  },
  {
    sentence: 'output is well-formed for its kind',
    broken: ({ plugins }) => {
      const labels = new Map(
        renderingsOf(plugins).map(({ format, text, label }) => [`${format}\n${text}`, { format, text, label }]),
      );
      const texts = [...labels.values()].flatMap(({ format, text }) => (text === undefined ? [] : [{ format, text }]));
      return (Object.keys(problems) as Format[]).flatMap((format) =>
        problems[format](texts.flatMap((each) => (each.format === format ? [each.text] : []))).map(
          ({ text, problem }) => `${labels.get(`${format}\n${text}`)?.label}: ${problem}`,
        ),
      );
    },
  },
  {
    sentence: 'a password shows up only in artefacts that are marked secret, and it does show up in one',
    broken: ({ plugins }) =>
      plugins.flatMap((plugin) => {
        const models = [...plugin.models.keys(), unknownModel];
        const shows = (artefact: PluginArtefact, words: readonly string[]) =>
          models.map((model) => renderMarked(plugin, artefact, model)).some((text) => words.some((word) => text.includes(word)));
        const leaks = plugin.artefacts
          .filter((artefact) => !artefact.secret && shows(artefact, secrets))
          .map(({ name }) => `${plugin.id} ${name} holds a secret and is not marked so`);
        const told = plugin.artefacts.some((artefact) =>
          renderMarked(plugin, artefact, models[0] ?? unknownModel).includes(marker),
        );
        return told ? leaks : [...leaks, `${plugin.id}: no artefact holds the SIP password`];
      }),
  },
  {
    sentence: 'recognition samples are recognised as they should be, and by this package only',
    broken: (subject, { all, samples }) => {
      if (samples.length === 0) return ['there are no recognition samples'];
      const recogniser = compileRecogniser(all, (id, cause) => {
        throw new Error(`facts of ${id} failed`, { cause });
      });
      return samples.flatMap((sample) => {
        const { info, evidence } = recogniser.identify(requestOf(sample));
        const others = evidence.map((each) => each.package).filter((id) => id !== subject.id);
        const told = JSON.stringify({ ...sample, info: undefined, plugin: undefined });
        return [
          ...(sameFacts(info, sample.info) ? [] : [`${told} is recognised as ${JSON.stringify(info)}`]),
          ...others.map((id) => `${told} is claimed by ${id}, too`),
        ];
      });
    },
  },
  {
    sentence: 'every file that a phone needs as it comes up is an artefact or an image',
    broken: ({ plugins }) =>
      everyBoot(plugins, ({ plugin, row, boot, phone }) => {
        const images = imagesOf(row.series, row.name);
        const exists = (path: string) => {
          const [name = ''] = path.split('?');
          return images.includes(name) || resolveName(`/${name}`, plugin, phone) !== undefined;
        };
        return boot.requests
          .filter(({ paths, optional }) => !optional && !paths.some(exists))
          .map(({ paths }) => `a ${row.name} of ${plugin.id} needs ${paths.join(' or ')}, which is nothing`);
      }),
  },
  {
    sentence: 'a phone that comes up is recognised as what it is, by packages of its vendor only',
    broken: (subject, { all }) => {
      const recogniser = compileRecogniser(all, (id, cause) => {
        throw new Error(`facts of ${id} failed`, { cause });
      });
      // Phones of one vendor may ask for files of the same name, which one of its packages knows for all.
      const kin = all.filter(({ definition }) => definition.vendor === subject.definition.vendor);
      const ofVendor = new Set(kin.map(({ id }) => id));
      return everyBoot(subject.plugins, ({ plugin, row, boot, phone }) => {
        const found = requestsOf(boot).map((each) => recogniser.identify(each));
        const claims = found.flatMap(({ evidence }) => evidence.map((each) => each.package));
        const others = claims.filter((id) => !ofVendor.has(id));
        const infos = found.flatMap(({ evidence }) => evidence.map(({ facts }) => facts));
        const wrong = infos.flatMap((facts) =>
          Object.entries(facts).filter(([fact, value]) => value !== phone[fact as keyof typeof facts]),
        );
        const info: DeviceInfo = Object.assign({}, ...infos);
        const chosen = candidates(info, subject.plugins)[0];
        const who = `a ${row.name} of ${plugin.id}`;
        return [
          ...others.map((id) => `${who} is claimed by ${id}, too`),
          ...wrong.map(([fact, value]) => `${who} is recognised with the ${fact} ${value}`),
          ...(['vendor', 'model', 'mac'] as const)
            .filter((fact) => info[fact] === undefined)
            .map((fact) => `${who} tells no ${fact}`),
          // Without its release it cannot be told from a phone of another line.
          ...(info.version === undefined || chosen?.plugin === plugin ? [] : [`${who} goes to ${chosen?.plugin.id ?? 'nobody'}`]),
        ];
      });
    },
  },
  {
    sentence: 'a phone that runs a line’s firmware is associated with that line exactly',
    broken: ({ plugins }) =>
      plugins.flatMap((plugin) =>
        [...plugin.models.values()].flatMap(({ name, series }) => {
          const info = { vendor: plugin.package.definition.vendor, model: name, version: series.version };
          const own = score(info, plugin).score;
          return own === support.exact ? [] : [`${plugin.id} scores ${own} for ${name} with ${series.version}`];
        }),
      ),
  },
  {
    sentence: 'every template is named by an artefact, a model, or another template',
    broken: (subject) => {
      const used = new Set([
        ...subject.plugins.flatMap((plugin) =>
          plugin.artefacts.flatMap((artefact) => [
            artefact.template,
            ...[...plugin.models.keys()].flatMap((model) => templateNames(artefact, artefact.name, model, plugin)),
          ]),
        ),
        ...[...subject.templates.values()].flatMap((text) =>
          [...text.matchAll(/['"]([\w.-]+\.tpl)['"]/g)].map(([, name = '']) => name),
        ),
      ]);
      return [...subject.templates.keys()].filter((name) => !used.has(name)).map((name) => `nothing uses templates/${name}`);
    },
  },
  {
    sentence: 'no two artefacts of a device have one name',
    broken: ({ plugins }) =>
      plugins.flatMap((plugin) => {
        const names = plugin.artefacts.map((artefact) =>
          nameFor(plugin, artefact, device(plugin, { model: firstModel(plugin) }))?.toLowerCase(),
        );
        return names
          .filter((name, index) => names.indexOf(name) !== index)
          .map((name) => `${plugin.id} has two artefacts called ${name}`);
      }),
  },
  {
    sentence: 'no pattern takes long over a text that nearly fits',
    broken: ({ definition }) =>
      Object.entries(definition.recognise).flatMap(([place, patterns]) =>
        (Array.isArray(patterns) ? (patterns as RegExp[]) : [])
          .filter(explodes)
          .map((pattern) => `${place}: ${pattern} backtracks without end`),
      ),
  },
];

// Renderings ----------------------------------------------------------------------------------------------------------------------

interface Rendering {
  readonly label: string;
  readonly format: Format;
  readonly text?: string;
  /** Why there is no text. */
  readonly failure?: string;
}

/** Thousands, for a vendor with many models: made once for all who look at them. */
const renderings = new WeakMap<readonly Plugin[], readonly Rendering[]>();

function renderingsOf(plugins: readonly Plugin[]): readonly Rendering[] {
  const known = renderings.get(plugins);
  if (known) return known;
  const made = plugins.flatMap((plugin) =>
    [...plugin.models.keys(), unknownModel, undefined].flatMap((model) => {
      const phone = device(plugin, { ...(model !== undefined && { model }) });
      const named = plugin.artefacts.filter(
        (artefact) => plugin.models.has(model ?? '') || nameFor(plugin, artefact, phone) !== undefined,
      );
      return named.flatMap((artefact) =>
        Object.entries(rawConfigs).map(([name, config]): Rendering => {
          const label = `${plugin.id} ${artefact.name} of ${model ?? 'no model'} (${name})`;
          try {
            return { label, format: artefact.format, text: render(plugin, artefact, config, phone, model) };
          } catch (cause) {
            return { label, format: artefact.format, failure: (cause as Error).message };
          }
        }),
      );
    }),
  );
  renderings.set(plugins, made);
  return made;
}

// Boots ---------------------------------------------------------------------------------------------------------------------------

interface Booting {
  readonly plugin: Plugin;
  readonly row: ModelRow;
  readonly boot: PhoneBoot;
  readonly phone: Device;
}

function everyBoot(plugins: readonly Plugin[], look: (booting: Booting) => string[]): string[] {
  return plugins.flatMap((plugin) =>
    [...plugin.models.values()].flatMap((row) => {
      const identity = { mac: '02:0f:d3:a5:11:2c' as Mac, serial: 'CBT141900G7', uuid: '550e8400-e29b-41d4-a716-446655440000' };
      const boot = bootOf(plugin, row, identity);
      if (!boot) return [`${plugin.id} does not say how a ${row.name} comes up`];
      return look({ plugin, row, boot, phone: device(plugin, { ...identity, model: row.name, version: row.series.version }) });
    }),
  );
}

/** Everything that a phone sends as it comes up, over each of its transports, as the listeners hand it on. */
function requestsOf({ transports, vendorClass, requests }: PhoneBoot): PhoneRequest[] {
  const asked = requests.flatMap(({ paths, userAgent }) =>
    paths.flatMap((text) => {
      const [path, query = ''] = text.split('?');
      return transports.map((transport) => {
        const headers = userAgent === undefined || transport === 'tftp' ? {} : { 'user-agent': userAgent };
        return request({ transport, path: `/${path}`, query: transport === 'tftp' ? '' : query, headers });
      });
    }),
  );
  return vendorClass === undefined ? asked : [dhcp({ 60: vendorClass }), ...asked];
}

function renderMarked(plugin: Plugin, artefact: PluginArtefact, model: string): string {
  const phone = device(plugin, { model });
  return nameFor(plugin, artefact, phone) === undefined ? '' : render(plugin, artefact, marked, phone, model);
}

function firstModel(plugin: Plugin): string {
  return [...plugin.models.keys()][0] ?? unknownModel;
}

// Firmware ------------------------------------------------------------------------------------------------------------------------

function imagePaths(plugin: Plugin): string[] {
  return [...plugin.models.values()].flatMap(({ name, series }) => imagesOf(series, name));
}

// Recognition ---------------------------------------------------------------------------------------------------------------------

function requestOf({ path = '/', query = '', userAgent, headers, vendorClass, options }: Sample) {
  if (vendorClass !== undefined || options) {
    const bytes = Object.entries(options ?? {}).map(([code, hex]) => [Number(code), Buffer.from(hex, 'hex')] as const);
    return dhcp({ ...Object.fromEntries(bytes), ...(vendorClass !== undefined && { 60: vendorClass }) });
  }
  return request({ path, query, headers: { ...headers, ...(userAgent !== undefined && { 'user-agent': userAgent }) } });
}

function sameFacts(info: object, expected: Readonly<Record<string, string>>): boolean {
  const wanted = { ...expected, ...(expected.mac !== undefined && { mac: parseMac(expected.mac) }) };
  return JSON.stringify(Object.entries(info).sort()) === JSON.stringify(Object.entries(wanted).sort());
}

/** Nested quantifiers make a pattern's time double with each character; in a process of its own, which can be ended. */
function explodes(pattern: RegExp): boolean {
  const script = `
    const pattern = new RegExp(${JSON.stringify(pattern.source)}, ${JSON.stringify(pattern.flags)});
    for (const piece of ['a', '0', '1.', 'a-', '_1', ' ', 'f:', '/', 'aA0.']) {
      const literal = ${JSON.stringify(pattern.source.replaceAll(/\\(.)/g, '$1').match(/[\w/ -]{2,}/)?.[0] ?? '')};
      for (const text of [piece.repeat(2000) + '!', literal + piece.repeat(2000) + '!']) pattern.test(text);
    }`;
  return spawnSync(process.execPath, ['-e', script], { timeout: 10_000 }).status !== 0;
}
