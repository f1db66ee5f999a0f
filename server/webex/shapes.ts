/** What Webex's answers must look like to be believed; the rest of them is not looked at. */
import { z } from 'zod'

export const Made = z.object({ id: z.string().min(1) })
export const Nothing = z.unknown()

/** Webex leaves out what it does not have; null says the same. */
export const orEmpty = z
  .string()
  .nullish()
  .transform((text) => text ?? '')
const orNone = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? [])

/** Epoch milliseconds of the instant are `Date.parse` of it. */
export const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)))

/** https://developer.webex.com/docs/api/v1/messages */
export const Message = z.object({
  id: z.string().min(1),
  parentId: orEmpty,
  personId: orEmpty,
  personEmail: orEmpty,
  text: orEmpty,
  html: orEmpty,
  markdown: orEmpty,
  files: orNone(z.unknown()),
  // One that cannot be read leaves its message out: whom it calls decides whether it stays inside.
  mentionedPeople: orNone(z.string()),
  mentionedGroups: orNone(z.string()),
  created: instant,
  // Only there once the message was edited; one that cannot be read leaves its message out, like any line we know half of.
  updated: instant.nullish().transform((text) => text ?? ''),
})
export type Message = z.infer<typeof Message>
