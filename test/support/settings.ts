/** Always open: no test depends on the day it runs. */
export const SETTINGS = {
  timezone: 'Europe/Warsaw',
  calendar: {
    hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
  },
  topics: [
    {
      id: 'sales',
      title: { en: 'Sales', pl: 'Sprzedaż' },
      participants: ['anna@example.com', 'ben@example.com'],
      supervisors: ['eva@example.com'],
    },
    {
      id: 'billing',
      title: { en: 'Billing' },
      participants: ['chris@example.com'],
      form: {
        mode: 'identified',
        fields: [
          { id: 'name', type: 'text', required: true, label: { en: 'Your name' } },
          { id: 'email', type: 'email', required: true, label: { en: 'E-mail' } },
          { id: 'invoice', type: 'text', required: false, label: { en: 'Invoice' } },
        ],
      },
    },
  ],
  origins: ['https://www.example.com'],
}
