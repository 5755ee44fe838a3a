/** Who may ask over HTTP, in small questions; each server asks them before it reads a body. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Names of this machine as they stand in a `Host` header, with those given. */
export function ownNames(host: string, others: readonly string[] = []): string[] {
  return [...new Set(['localhost', '127.0.0.1', '[::1]', bracketed(host), ...others])];
}

/** An address as it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Whether the `Host` header names this server, whatever the port. It stops a web page that points a name of its
 * own at this machine.
 */
export function isNamedBy(host: string | undefined, names: readonly string[]): boolean {
  const name = host && hostnameOf(`http://${host}`);
  return name !== undefined && names.includes(name);
}

/** Whether the `Origin` header, which browsers send and programs do not, has one of these names. */
export function isOriginAmong(origin: string | undefined, names: readonly string[]): boolean {
  if (!origin) return true;
  const name = hostnameOf(origin);
  return name !== undefined && names.includes(name);
}

function hostnameOf(url: string): string | undefined {
  return (URL.canParse(url) && new URL(url).hostname) || undefined;
}

/** A browser sends JSON to another site only after asking, so nothing else is taken. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

/** The token of `Authorization: Bearer TOKEN`; '' where there is none. */
export function bearerToken(authorization: string | undefined): string {
  return /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** What a secret is compared by: of hashes, so that neither content nor length shows in the time it takes. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function isSameSecret(sent: string, digest: Buffer): boolean {
  return timingSafeEqual(digestOf(sent), digest);
}
