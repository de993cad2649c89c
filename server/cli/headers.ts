import type { Document } from './client.ts';

/** Headers by which no phone is told from another. */
const common =
  /^(?:host|connection|keep-alive|accept|accept-.*|range|if-.*|cache-control|pragma|content-.*|te|x-forwarded-.*|forwarded|via)$/;

/** Of a request's headers those that may tell what kind of phone it is, or which. */
export function tellingHeaders(headers: Document): [name: string, value: string][] {
  return [...headers].filter(([name]) => !common.test(name)).map(([name, value]) => [name, String(value)]);
}
