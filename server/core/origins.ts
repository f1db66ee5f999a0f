/** What an address says about who can reach it. */

export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Can a provider on the internet call us there? Private networks are not told apart: that only its first call can tell. */
export function isPublicHttps(url: string): boolean {
  return new URL(url).protocol === 'https:' && !isLoopbackUrl(url)
}
