/** Whether If-None-Match names the tag: weak comparison (RFC 9110, 13.1.2), since proxies that compress make tags weak. */
export function isKnownTag(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}
