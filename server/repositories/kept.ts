import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { writeDurably } from '../lib/durable.ts';
import { ifThere, ProvisioningError, reason } from '../lib/errors.ts';
import { type CheckedIndex, readSigned, type SignedIndex, type Trust } from './read-index.ts';

/** The bytes that were signed, and nothing that was made of them: so that they can be checked again. */
const document = z.object({ index: z.base64(), signature: z.base64().optional() });

/** Keeps an index for the next start. */
export async function keepIndex(file: string, { bytes, signature }: SignedIndex): Promise<void> {
  const text = { index: bytes.toString('base64'), ...(signature && { signature: signature.toString('base64') }) };
  await writeDurably(file, JSON.stringify(text), 0o600);
}

/**
 * Reads an index that was kept, and checks its signature anew, by the keys that are trusted now. It may have expired: it is still listed,
 * and nothing is installed from it.
 *
 * @returns undefined when none was kept
 * @throws ProvisioningError index-kept-invalid, and what `readSigned` throws
 */
export async function readKept(file: string, trust: Trust): Promise<CheckedIndex | undefined> {
  const text = await ifThere(readFile(file, 'utf8'));
  if (text === undefined) return undefined;
  const { index, signature } = parse(text);
  const signed = {
    bytes: Buffer.from(index, 'base64'),
    signature: signature === undefined ? undefined : Buffer.from(signature, 'base64'),
  };
  return readSigned(signed, trust);
}

function parse(text: string): z.output<typeof document> {
  try {
    return document.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is no index with its signature' : reason(cause);
    throw new ProvisioningError('index-kept-invalid', `The index that was kept cannot be read: ${why}`, { cause });
  }
}
