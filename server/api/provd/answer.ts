import type { Document } from './selector.ts';

/** Of every document, and of every body. A parameter behind it (`; charset=`) makes it another. */
export const MEDIA_TYPE = 'application/vnd.proformatique.provd+json';

export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  /** Instead of `json`: a document with a list of this name, whose items come as they are found. */
  readonly list?: { readonly name: string; readonly items: AsyncIterable<Document> };
  /** Path of what was made, without a host. */
  readonly location?: string;
}

/** Answered as text: clients of provd know an error by its status. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export const noSuchResource = (): Refusal => new Refusal(404, 'No such resource');

/** Links of a resource to what stands below it. */
export function linksTo(base: string, links: Readonly<Record<string, string>>): Answer {
  const all = Object.entries(links).map(([rel, path]) => ({ rel, href: `/0.2${base}/${path}` }));
  return { status: 200, json: { links: all } };
}
