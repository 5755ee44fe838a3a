/**
 * Content blocks of LangChain messages as parts of OpenAI's chat shape. LangChain knows four dialects of the
 * same picture: OpenAI's own parts, standard blocks of version 0 (`source_type`), of version 1 (`mimeType`),
 * and Anthropic's (`source`). All are understood.
 */
import type { MessageContent } from '@langchain/core/messages';
import { type ContentPart, XrouterError } from '../../../src/index.ts';

/**
 * What to do with a block that OpenAI's shape has no place for. `skip` is right only where every candidate
 * gets the native messages anyway.
 */
export type UnknownBlocks = 'reject' | 'skip';

type Block = Record<string, unknown>;

/** @throws XrouterError `invalid_request` that names the block, where `unknown` is `reject` */
export function toContent(content: MessageContent, unknown: UnknownBlocks): string | ContentPart[] {
  if (typeof content === 'string') return content;
  const parts: ContentPart[] = [];
  for (const block of content as (string | Block)[]) {
    const part = typeof block === 'string' ? textPart(block) : toContentPart(block);
    if (part) parts.push(part);
    else if (unknown === 'reject') throw unsupported(block as Block);
  }
  const [only] = parts;
  // Servers that imitate OpenAI do not all take parts; a text alone need not be one.
  return parts.length === 1 && only?.type === 'text' && Object.keys(only).length === 2 ? only.text : parts;
}

/** Text blocks only, as in what a model said before; thoughts and calls have their own places or none. */
export function toText(content: MessageContent): string {
  if (typeof content === 'string') return content;
  let text = '';
  for (const block of content as (string | Block)[]) {
    if (typeof block === 'string') text += block;
    else if (block.type === 'text' && typeof block.text === 'string') text += block.text;
  }
  return text;
}

/** One block as a part; `undefined` where the shape has no place for it. */
export function toContentPart(block: Block): ContentPart | undefined {
  switch (block.type) {
    case 'text':
    case 'text-plain':
      return typeof block.text === 'string' ? textPart(block.text, block.cache_control) : undefined;
    case 'image_url':
      return imageUrlPart(block.image_url);
    case 'input_audio':
      return { type: 'input_audio', input_audio: block.input_audio as { data: string; format: string } };
    case 'image': {
      const url = locate(block);
      return url === undefined ? undefined : imagePart(url, record(block.metadata)?.detail);
    }
    case 'audio':
      return audioPart(locate(block));
    case 'file':
      return record(block.file) ? { type: 'file', file: record(block.file) as object } : filePart(block);
    case 'document': {
      const source = record(block.source);
      return source?.type === 'text' ? textPart(String(source.data)) : filePart(block);
    }
    case 'media': {
      const url = locate(block);
      if (url?.startsWith('data:image/')) return imagePart(url);
      return url?.startsWith('data:audio/') ? audioPart(url) : filePart(block);
    }
    default:
      return undefined;
  }
}

function textPart(text: string, cacheControl?: unknown): ContentPart {
  // Anthropic models behind gateways that speak OpenAI's shape take the cache mark beside the text.
  return cacheControl === undefined
    ? { type: 'text', text }
    : ({ type: 'text', text, cache_control: cacheControl } as ContentPart);
}

function imageUrlPart(image: unknown): ContentPart | undefined {
  if (typeof image === 'string') return imagePart(image);
  const { url, detail } = record(image) ?? {};
  return typeof url === 'string' ? imagePart(url, detail) : undefined;
}

function imagePart(url: string, detail?: unknown): ContentPart {
  const image = { url, ...(detail !== undefined && { detail: detail as 'auto' }) };
  return { type: 'image_url', image_url: image };
}

const AUDIO_FORMATS: Record<string, string> = { mpeg: 'mp3', 'x-wav': 'wav', wave: 'wav', 'vnd.wave': 'wav' };

function audioPart(url: string | undefined): ContentPart | undefined {
  const [, subtype, data] = /^data:audio\/([\w.+-]+)(?:;[^,]*)?;base64,(.*)$/s.exec(url ?? '') ?? [];
  if (subtype === undefined || data === undefined) return undefined;
  return { type: 'input_audio', input_audio: { data, format: AUDIO_FORMATS[subtype] ?? subtype } };
}

function filePart(block: Block): ContentPart | undefined {
  const name = record(block.metadata)?.filename ?? record(block.metadata)?.name ?? block.title;
  const fileId = block.fileId ?? (block.source_type === 'id' ? block.id : undefined);
  if (typeof fileId === 'string') return { type: 'file', file: { file_id: fileId } };
  if (typeof block.text === 'string') return textPart(block.text);
  const url = locate(block);
  if (!url?.startsWith('data:')) return undefined;
  const filename = typeof name === 'string' ? name : `file.${/^data:\w+\/([\w]+)/.exec(url)?.[1] ?? 'bin'}`;
  return { type: 'file', file: { file_data: url, filename } };
}

/** Where the bytes are: a URL as it stands, or a data URL. */
function locate(block: Block): string | undefined {
  const source = record(block.source) ?? block;
  if (typeof source.url === 'string') return source.url;
  const { data } = source;
  const base64 = data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data;
  if (typeof base64 !== 'string') return undefined;
  const type = source.mimeType ?? source.mime_type ?? source.media_type ?? DEFAULT_TYPES[String(block.type)];
  return `data:${type ?? 'application/octet-stream'};base64,${base64}`;
}

const DEFAULT_TYPES: Record<string, string> = { image: 'image/png', audio: 'audio/wav' };

function record(value: unknown): Block | undefined {
  return typeof value === 'object' && value !== null ? (value as Block) : undefined;
}

function unsupported(block: Block): XrouterError {
  const what = `A content block of type ${JSON.stringify(block?.type)}`;
  return new XrouterError('invalid_request', `${what} cannot be sent to every candidate of the pool.`, {
    hint: 'Send text, image, audio or file blocks (files and audio as base64), or use a pool of your own chat models that take it.',
  });
}
