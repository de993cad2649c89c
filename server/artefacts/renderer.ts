import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ResolvedConfig } from '../configs/model.ts';
import type { PhoneSettings } from '../configs/raw-config.ts';
import type { Device } from '../devices/model.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { Plugin } from '../plugins/model.ts';
import type { Artefact, Format, ServerView, View } from '../sdk.ts';
import { escapes } from './escape.ts';
import type { Resolved } from './names.ts';
import { findTemplate, type TemplateTexts, templateLayers, templateNames } from './overrides.ts';
import { compile, encode, type Limits, type Template } from './template/template.ts';
import { buildView } from './view.ts';

/** A file as it leaves for a phone. */
export interface Rendered {
  readonly bytes: Buffer;
  /** SHA-256, in hexadecimal. */
  readonly digest: string;
  readonly contentType: string;
  /** When it was made, on a whole second that may lie less than a second ahead. */
  readonly modified: Date;
}

/** Outermost first, as `findTemplate` looks. */
export type TemplateStack = readonly { readonly name: string; readonly layers: readonly string[] }[];

/** All that a file is made of. The same ingredients make the same file. */
export interface Ingredients {
  readonly plugin: Plugin;
  readonly file: Resolved;
  /** Absent for a common file. */
  readonly device?: Device;
  readonly config: ResolvedConfig;
  readonly settings: PhoneSettings;
  readonly server: ServerView;
}

export interface RendererOptions {
  readonly texts: TemplateTexts;
  /** Most bytes kept in memory. */
  readonly cacheBytes: number;
  readonly limits: Limits;
  /** A file was rendered, or could not be; or it was at hand. */
  readonly observe?: (
    event: { readonly kind: 'hit' } | { readonly kind: 'rendered' | 'failed'; readonly milliseconds: number },
  ) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a file was made of, as far as it tells whether it would come out the same. What the ingredients hold themselves is ten times the file. */
interface Made {
  readonly plugin: Plugin;
  /** Not held: which configs stay in memory is the resolver's to say, and one that it makes anew is another object. */
  readonly config: WeakRef<ResolvedConfig>;
  readonly revision: number | undefined;
  readonly updated: number | undefined;
  readonly url: string;
  readonly tftpPort: number;
  /** Where clocks change by no rule, phones are told this year's dates. */
  readonly year: number;
}

interface Entry {
  readonly made: Made;
  readonly texts: PluginTexts;
  readonly outcome: Rendered | ProvisioningError;
}

/** The texts that templates of one plugin come from; its own come with the plugin. */
interface PluginTexts {
  readonly overrides: ReadonlyMap<string, string> | undefined;
  readonly shared: ReadonlyMap<string, string>;
}

const contentTypes: Readonly<Record<Format, string>> = {
  xml: 'application/xml',
  lines: 'text/plain',
  text: 'text/plain',
};

/** Renders files and keeps them for as long as nothing they are made of has changed. */
export class Renderer {
  readonly #options: RendererOptions;
  readonly #files: LRUCache<string, Entry>;
  #texts: TemplateTexts;
  #lastView: { readonly ingredients: Ingredients; readonly year: number; readonly view: View } | undefined;
  /** Compiled templates of a plugin; a plugin that was loaded anew is another object and starts afresh. */
  #templates = new WeakMap<Plugin, Map<string, Template>>();

  constructor(options: RendererOptions) {
    this.#options = options;
    this.#texts = options.texts;
    this.#files = new LRUCache({
      // 0 is no bound to the library; here it is no room.
      maxSize: Math.max(options.cacheBytes, 1),
      sizeCalculation: sizeOf,
    });
  }

  /** Bytes that the files in memory take. */
  get cachedBytes(): number {
    return this.#files.calculatedSize;
  }

  /** Other overrides or shared templates from now on. Files of plugins whose maps are the same objects as before are kept. */
  replaceTexts(texts: TemplateTexts): void {
    this.#texts = texts;
    this.#templates = new WeakMap();
  }

  /**
   * The file, from memory when nothing has changed since it was made. A failure is kept, too: it stays one until something changes.
   * @param keep whether it may push out files that were asked for before
   * @throws ProvisioningError template-failed, with the template's file and line and without any value
   */
  render(ingredients: Ingredients, keep: 'always' | 'if-room' = 'always'): Rendered {
    const { plugin, file, device, server } = ingredients;
    // Of a device's file there is one at a time: when it is what it was before, under the URL of before, it has become it anew.
    const key = device ? `${device.id}\n${file.name}` : `${plugin.id}\n${file.name}\n${server.url}`;
    const kept = this.#files.get(key);
    if (kept && this.#isOfTheseTexts(kept, plugin) && sameIngredients(kept.made, ingredients, this.#year())) {
      this.#options.observe?.({ kind: 'hit' });
      return outcomeOf(kept);
    }
    const started = performance.now();
    const entry = { made: madeOf(ingredients, this.#year()), texts: this.#textsOf(plugin), outcome: this.#make(ingredients) };
    if (keep === 'always' || kept || this.#hasRoom(entry)) this.#files.set(key, entry);
    const kind = entry.outcome instanceof Error ? 'failed' : 'rendered';
    this.#options.observe?.({ kind, milliseconds: performance.now() - started });
    return outcomeOf(entry);
  }

  /** The same made afresh: nothing of it is kept, nothing that is kept is looked at. @throws as `render` */
  rehearse(ingredients: Ingredients): Rendered {
    const outcome = this.#make(ingredients);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** The template that is used. */
  templateOf(subject: Pick<Ingredients, 'plugin' | 'file' | 'device'>): string | undefined {
    return this.templateStack(subject).flatMap(({ layers }) => layers)[0];
  }

  /** The names under which a template is looked for, and what there is under each; the first that there is is used. */
  templateStack({ plugin, file, device }: Pick<Ingredients, 'plugin' | 'file' | 'device'>): TemplateStack {
    const names = templateNames(file.artefact, file.name, file.model ?? device?.model, plugin);
    return names.map((name) => ({ name, layers: templateLayers(name, plugin, this.#texts) }));
  }

  #textsOf({ id }: Plugin): PluginTexts {
    return { overrides: this.#texts.overrides.get(id), shared: this.#texts.shared };
  }

  #isOfTheseTexts({ texts }: Entry, plugin: Plugin): boolean {
    const { overrides, shared } = this.#textsOf(plugin);
    return texts.overrides === overrides && texts.shared === shared;
  }

  #year(): number {
    const { now = Date.now } = this.#options;
    return new Date(now()).getUTCFullYear();
  }

  #hasRoom(entry: Entry): boolean {
    return this.#files.calculatedSize + sizeOf(entry) <= this.#files.maxSize;
  }

  #make(ingredients: Ingredients): Rendered | ProvisioningError {
    const { plugin, file, device } = ingredients;
    const { artefact } = file;
    try {
      const template = this.#template(plugin, artefact, file, device);
      const view = this.#view(ingredients);
      const text = template.render({ ...view }, this.#options.limits);
      const bytes = artefact.seal ? Buffer.from(artefact.seal(text, view.device)) : encode(text, artefact.encoding ?? 'utf-8');
      const digest = createHash('sha256').update(bytes).digest('hex');
      return { bytes, digest, contentType: contentTypeOf(artefact), modified: this.#endOfSecond() };
    } catch (cause) {
      return new ProvisioningError('template-failed', `${file.name} cannot be rendered: ${reason(cause)}`, { cause });
    }
  }

  /** A device's files are mostly made one after the other, of the same view. */
  #view(ingredients: Ingredients): View {
    const year = this.#year();
    const last = this.#lastView;
    if (last && last.year === year && seesTheSame(last.ingredients, ingredients)) return last.view;
    const { plugin, file, device, config, settings, server } = ingredients;
    const view = buildView({
      plugin,
      ...(device && { device }),
      ...(file.model !== undefined && { model: file.model }),
      settings,
      raw: config.raw,
      server,
    });
    this.#lastView = { ingredients, year, view };
    return view;
  }

  /**
   * When a file is made. The time when an ingredient was changed would not do: a parent, a key or a setting that goes away leaves
   * none, and a phone that asks with If-Modified-Since would keep the file that it has. Nor would the time when these bytes were
   * made first: another process may have served others since.
   */
  #endOfSecond(): Date {
    const { now = Date.now } = this.#options;
    return new Date(Math.ceil(now() / 1_000) * 1_000);
  }

  #template(plugin: Plugin, artefact: Artefact, file: Resolved, device: Device | undefined): Template {
    const names = templateNames(artefact, file.name, file.model ?? device?.model, plugin);
    const loader = (name: string) => findTemplate(name, plugin, this.#texts);
    const source = names.map(loader).find((found) => found !== undefined);
    if (!source) throw new ProvisioningError('template-missing', `there is no template ${artefact.template}`);
    const compiled = this.#templates.get(plugin) ?? new Map<string, Template>();
    this.#templates.set(plugin, compiled);
    const key = `${artefact.format} ${source.name}`;
    const template = compiled.get(key) ?? compile(source, loader, escapes[artefact.format]);
    compiled.set(key, template);
    return template;
  }
}

/** What is kept beside the bytes was measured at some 1,000 more. */
function sizeOf({ outcome }: Entry): number {
  return 1_024 + (outcome instanceof Error ? outcome.message.length : outcome.bytes.length);
}

function outcomeOf({ outcome }: Entry): Rendered {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

function madeOf({ plugin, config, device, server }: Ingredients, year: number): Made {
  const { revision, updated } = device ?? {};
  return { plugin, config: new WeakRef(config), revision, updated, url: server.url, tftpPort: server.tftpPort, year };
}

/** Plugins, resolved configs and settings are never changed but replaced, so the same object is the same content. */
function sameIngredients(made: Made, { plugin, config, device, server }: Ingredients, year: number): boolean {
  return (
    made.plugin === plugin &&
    made.config.deref() === config &&
    made.revision === device?.revision &&
    // A device that was deleted and made again begins at revision 1 again.
    made.updated === device?.updated &&
    made.url === server.url &&
    made.tftpPort === server.tftpPort &&
    made.year === year
  );
}

/** As above, of what a view is made of. */
function seesTheSame(one: Ingredients, other: Ingredients): boolean {
  return (
    one.plugin === other.plugin &&
    one.device === other.device &&
    one.file.model === other.file.model &&
    one.config === other.config &&
    one.settings === other.settings &&
    one.server.url === other.server.url &&
    one.server.host === other.server.host &&
    one.server.tftpPort === other.server.tftpPort
  );
}

function contentTypeOf({ contentType, format, encoding = 'utf-8' }: Artefact): string {
  return contentType ?? `${contentTypes[format]}; charset=${encoding === 'ascii' ? 'us-ascii' : encoding}`;
}
