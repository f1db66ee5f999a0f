/**
 * Every text the widget shows, by key. Pure data: the server sends those of the visitor's language with
 * `GET /api/v1/config`. `{n}`, `{when}` are filled in. `ended_<reason>` may be there for any close reason of the visitor
 * API; `ended` is for the rest.
 */
import { en as basic } from './chat/english.ts'

const en = {
  ...basic,
  // Said in full where they cost the bundle nothing.
  failed: 'This did not work. Please try again.',
  waiting: 'Someone will be with you shortly.',
  fieldEmail: 'Please enter an address like name@example.com.',
  charsLeft: 'Characters left: {n}',
  offline: 'No connection. Trying again…',
  idle: 'Are you still there? The chat closes at {when}.',
  deleted: 'This message was deleted.',
  ended: 'The chat has ended.',
  closed: 'We are closed right now',
  again: 'Start a new chat',
  fieldRequired: 'Please fill this in.',
  endKeep: 'Keep chatting',
  undelivered: 'Not delivered',
  topics: 'How can we help?',
  placeholder: 'Write a message…',
  endAsk: 'End this chat?',
  ended_visitor_ended: 'You ended the chat.',
  ended_visitor_idle: 'The chat ended as nothing was written for a while.',
  ended_agent_closed: 'Our team ended the chat.',
}

const pl: Record<keyof typeof en, string> = {
  open: 'Otwórz czat',
  unread: 'nieprzeczytane: {n}',
  minimise: 'Zminimalizuj czat',
  end: 'Zakończ czat',
  endAsk: 'Zakończyć ten czat?',
  endKeep: 'Rozmawiaj dalej',
  loading: 'Wczytywanie…',
  failed: 'Nie udało się. Proszę spróbować ponownie.',
  retry: 'Spróbuj ponownie',
  topics: 'W czym możemy pomóc?',
  opens: 'Czynne od: {when}',
  optional: 'opcjonalnie',
  fieldRequired: 'Proszę wypełnić to pole.',
  fieldEmail: 'Proszę podać adres w postaci nazwa@example.com.',
  start: 'Rozpocznij czat',
  starting: 'Łączymy…',
  closed: 'Teraz jest nieczynne',
  log: 'Rozmowa',
  placeholder: 'Napisz wiadomość…',
  send: 'Wyślij',
  charsLeft: 'Pozostało znaków: {n}',
  you: 'Ty',
  agent: 'Konsultant',
  bot: 'Asystent',
  system: 'Informacja',
  sending: 'Wysyłanie…',
  sent: 'Wysłano',
  delivered: 'Dostarczono',
  unsent: 'Nie wysłano',
  undelivered: 'Nie dostarczono',
  edited: 'edytowano',
  deleted: 'Ta wiadomość została usunięta.',
  waiting: 'Za chwilę ktoś dołączy do rozmowy.',
  offline: 'Brak połączenia. Próbujemy ponownie…',
  idle: 'Czy nadal tu jesteś? Czat zamknie się o {when}.',
  here: 'Nadal tu jestem',
  ended: 'Czat został zakończony.',
  ended_visitor_ended: 'Czat zakończono na Twoje życzenie.',
  ended_visitor_idle: 'Czat zakończono, bo przez dłuższy czas nic nie napisano.',
  ended_agent_closed: 'Czat został zakończony przez nasz zespół.',
  again: 'Rozpocznij nowy czat',
}

export const texts: Readonly<Record<'en' | 'pl', Readonly<Record<keyof typeof en, string>>>> = { en, pl }
