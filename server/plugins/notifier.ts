import { type Announcer, announcer } from '../lib/announcer.ts';
import type { Catalogue } from './service.ts';

/** Tells what is installed now: the recogniser is made of it, and what devices get. */
export type PluginNotifier = Announcer<Catalogue>;

export const pluginNotifier = (): PluginNotifier => announcer();
