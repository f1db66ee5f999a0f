/** The texts that come with the bot's part, as in `english.ts`. */
export const en = {
  choices: 'Suggested answers',
  talkToPerson: 'Talk to a person',
}
