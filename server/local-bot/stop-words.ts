/**
 * Words that carry no subject. What is rare weighs much in the matcher, and in a small agent even `from` may be rare; in languages
 * that are not here only counting helps.
 */
import { fold } from './words.ts'

const STOP: Readonly<Record<string, string>> = {
  en: `a about after again all already also always am an and another any anybody anyone anything are as at be because been before
    being best but by can cant come could couldnt did didnt do does doesnt dont else every for from get gets give go going good got great had
    has hasnt have havent having he her here him his how i id if ill im in into is isnt it its ive just know let like long lot made
    make many may maybe me mean might more most much must my need never new next no not now of off ok okay on one only or other our
    out over own possible put really say see shall she should since so some somebody someone something still sure take tell than
    that thats the their them then there these they thing things think this those time to too two under until up us use very
    want wants wanted was way we well soon later today now often early usually actually maybe quite rather please went were what whats when where which while who whom why will with without wont would yes yet
    you your youre yours`,
  pl: `a aby ale albo az bardzo bez bo by byc byl byla bylo byly bym byś był być ci ciebie co coś cos czy czym dla do dobra dobry dobrze długo
    go gdy gdzie i ich ile im in inny inna inne ja jak jaka jaki jakie jakich jakim jako je jego jej jest jestem jeszcze jesli jeśli jezeli już ją
    kiedy kogo kto ktos która które który których ktorej której których lub ma macie mają mam mamy mi mieć mną mnie mogę może można moja moje mojego mojej moim moją moich mych swój swoje swoją swojego swoim możecie
    możesz mu my móc musi muszę na nad nam nas nasz nawet nic nich nie niej nim niż no o od on ona one oni ono oraz pod po poza potrzebuję powiedz przed
    przez przy proszę są się sie skąd sobie ta tak taka taki takie tam te tego tej ten teraz też to tobie trzeba tu tutaj twój ty tych tylko tym u w wam was
    wasz wasza wasze wiem wiesz więc we wszystko z za ze żaden że żeby chcę chce chcemy chcesz chciałbym chciałabym chciałem chciałam mogl mógłbym mogłabym coś ktoś dziś dzisiaj jutro zaraz potem później wkrótce często raczej chyba trochę wszystkie każdy każda swoją`,
}

/** Said out of courtesy: they count when nothing else was said. */
const COURTESY: Readonly<Record<string, string>> = {
  en: 'hello hi hey morning afternoon evening day greetings please pls thanks thank thx bye goodbye sorry',
  pl: 'cześć hej dzień witam witaj siema halo dziękuję dzięki dziękujemy widzenia pa przepraszam pozdrawiam wieczór',
}

/** What people talk of all day: no surprise in a text, and little proof of what it is about. */
const COMMON: Readonly<Record<string, string>> = {
  en: `able add again ago allow answer ask asked back bad become begin believe better big bit bought boy break bring brought business call called
    care case change check child children city close common company complete correct country course create cut date different difficult during
    each easy end enough example exactly explain extra fact fall family far fast feel few fill final finally find fine finish first follow form
    found free friend full fun girl group guy guys half hand happen happened happens happy hard head hear help high hold home hope hour hours
    house idea important include information inside interested issue item keep kind last late learn least leave left less life light line
    list listen little live local longer look looking lose lost love low main man matter means meet mind minute minutes moment money month months mother
    move name near nice night nobody nothing number offer old once others own part past pay people place plan play point present problem
    provide question quick quickly quite reach read ready real reason receive received recently right run same save second seem send sent set
    several short show side simple small sort special start started state stay stop story sure talk tell ten test thank three together told
    top total town true try trying turn type understand using visit wait waiting walk water week weekend weeks whole woman wonder word words
    work working world write wrong year years yesterday young wanna gonna asap cheers`,
  pl: `adres chwila chwilę chodzi cena chłopak część czas czasu czekać czekam człowieka data dalej dni dobrze dokładnie dom domu dostać dostanę dostałem
    dostałam dowiedzieć dół duży działa działają działać drugi dużo dziecko dzieci firma fajnie głowa godzin godzina grupa informacja informacje
    imię inaczej koniec kilka kobieta kupić kupiłem kupiłam kraj ktokolwiek lat lata lepiej lepszy ludzie mało mały miasto mieście miejsce mieszkać
    miesiąc miesiące mieliśmy minut minuta mówić mówi myśleć możliwe możliwość napisać nazwa nazywa nikt noc nowy nowa nowe nagle numer obok odpowiedź
    odpowiedzieć oferta około opinia osoba osoby osób ostatni ostatnia ostatnio otrzymać pan pani państwo pewny pierwszy pieniądze pisać pomoc pomóc
    pomysł pora powiedzieć powód pracować pracuje prawda prawdziwy prawdziwa prawdziwym problem prosty przykład pytać pytanie pytania raz razem razy
    robić robicie rodzaj rok roku rozumiem rozumieć różny rzecz samochód sam sama sposób sprawa sprawdzić sprawie spytać stary start strona szukać szukam
    szybko świat trochę trudny tydzień tygodniu tygodnie ulica uważać ważne wczoraj wiadomość wiedzieć widzieć wybrać wynosi wyglada wygląda wziąć
    zacząć zadać zawsze zły złe źle znaleźć znajomy zobaczyć zostać zrobić zupełnie życie żyć`,
}

const table = (words: Readonly<Record<string, string>>) =>
  new Map(Object.entries(words).map(([lang, text]) => [lang, new Set(text.split(/\s+/).map(fold))]))

const [stop, courtesy, common] = [table(STOP), table(COURTESY), table(COMMON)]

export type Manner = 'subject' | 'common' | 'courtesy' | 'stop'

/** @param lang a tag whose base language counts. */
export function mannerIn(lang: string): (word: string) => Manner {
  const base = lang.split('-', 1)[0] ?? lang
  const [idle, polite, everyday] = [stop.get(base), courtesy.get(base), common.get(base)]
  return (word) =>
    polite?.has(word) ? 'courtesy' : idle?.has(word) ? 'stop' : everyday?.has(word) ? 'common' : 'subject'
}
