/** From the files of a Dialogflow ES export to our own model: nothing is lost silently, every mistake is named. */
import { ConfigError } from '../core/errors.ts'
import type { Agent, Entity, Intent } from './agent.ts'
import { type AgentFiles, readAgentFiles } from './agent-files.ts'
import { AgentFile } from './agent-shapes.ts'
import { kindOf } from './entity-kinds.ts'
import { readEntity } from './export-entities.ts'
import { readIntent } from './export-intents.ts'
import { createExportReader, type ExportReader, tagOf } from './export-reader.ts'

/** @param path a folder or a zip. @throws ConfigError that names every broken file. */
export async function readAgent(path: string): Promise<Agent> {
  return parseAgent(await readAgentFiles(path))
}

/** @throws ConfigError that names every broken file. */
export function parseAgent(files: AgentFiles): Agent {
  const reader = createExportReader(files)
  if (!files.has('agent.json')) reader.mistake('agent.json', 'is missing: is this an export?')
  const about = reader.read('agent.json', AgentFile)
  if (about?.webhook.available) reader.ignore('agent.json', 'the webhook is not called')
  const own = tagOf(about?.language ?? 'en')
  const entities = reader.stems('entities').flatMap((stem) => readEntity(reader, stem, own))
  const intents = reader.stems('intents').flatMap((stem) => {
    const read = readIntent(reader, stem, own)
    for (const intent of read) lookUpEntities(reader, `intents/${stem}.json`, intent, entities)
    return read
  })
  nameDoubles(reader, 'intents', intents)
  nameDoubles(reader, 'entities', entities)
  tellOfSystemEntities(reader, intents)
  if (reader.mistakes.length > 0) throw new ConfigError('The agent has mistakes:', reader.mistakes)

  // Languages that have phrases or answers count, listed or not.
  const spoken = intents.flatMap(({ phrases, messages }) => [...phrases.keys(), ...messages.keys()])
  const languages = [own, ...(about?.supportedLanguages ?? []).map(tagOf), ...spoken]
  return {
    languages: [...new Set(languages)].filter((lang) => lang !== ''),
    timezone: about?.defaultTimezone ?? null,
    description: about?.description ?? '',
    intents,
    entities,
    ignored: reader.ignored(),
  }
}

function entitiesIn({ parameters, phrases }: Intent): Set<string> {
  const parts = [...phrases.values()].flat().flatMap((phrase) => phrase.parts)
  const named = [...parameters, ...parts].map(({ entity }) => entity ?? '')
  return new Set(named.filter((entity) => entity !== ''))
}

function lookUpEntities(
  reader: ExportReader,
  path: string,
  intent: Intent,
  entities: readonly Entity[],
): void {
  // A broken file is named already; it is not missing.
  const there = new Set([
    ...entities.map(({ name }) => name),
    ...reader.stems('entities').map((stem) => `@${stem}`),
  ])
  for (const entity of entitiesIn(intent))
    if (!entity.startsWith('@sys.') && !there.has(entity))
      reader.mistake(path, `uses ${entity}, which is not there`)
}

function nameDoubles(reader: ExportReader, folder: string, named: readonly { name: string }[]): void {
  const names = named.map(({ name }) => name)
  for (const name of new Set(names.filter((one, at) => names.indexOf(one) !== at)))
    reader.mistake(folder, `more than one is called ${JSON.stringify(name)}`)
}

function tellOfSystemEntities(reader: ExportReader, intents: readonly Intent[]): void {
  for (const entity of new Set(intents.flatMap((intent) => [...entitiesIn(intent)]))) {
    if (!entity.startsWith('@sys.')) continue
    const kind = kindOf(entity)
    if (kind === 'any' && entity !== '@sys.any') reader.ignore(entity, 'is not recognised; any text will do')
    if (kind === 'date' || kind === 'time') reader.ignore(entity, 'stays as the visitor wrote it')
  }
}
