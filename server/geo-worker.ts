/**
 * A thread of its own: geoip-lite reads some 150 MB at once and keeps them, which the event loop of the server could not
 * spare half a second for. Ended, the thread gives the memory back. Takes `{ id, ip }`, answers `{ id, place }`.
 */
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import geoip from 'geoip-lite'
import { continentOf } from './continents.ts'
import type { Place } from './ports.ts'

interface Subdivisions {
  subdivisions: { localeDisplayNames: { subdivisions: Record<string, string> } }
}

// An import of JSON makes Node 20 print a warning.
const { subdivisions }: Subdivisions = createRequire(import.meta.url)(
  'cldr-subdivisions-full/subdivisions/en/en.json',
)
const regions = new Map(Object.entries(subdivisions.localeDisplayNames.subdivisions))
const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

function placeOf(ip: string): Place | null {
  const found = geoip.lookup(ip)
  // Satellites and the like have no country; `of` throws on what is no code.
  if (!found || !/^[A-Z]{2}$/.test(found.country)) return null
  return {
    continent: continentOf(found.country),
    country: countries.of(found.country),
    region: regions.get(`${found.country}${found.region}`.toLowerCase()),
    city: found.city || undefined,
  }
}

parentPort?.on('message', ({ id, ip }: { id: number; ip: string }) => {
  parentPort?.postMessage({ id, place: placeOf(ip) })
})
