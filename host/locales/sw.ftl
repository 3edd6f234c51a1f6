# The lock screen in Swahili; see en.ftl.

## On every page

emergency = Simu ya dharura
text-larger = Maandishi makubwa
text-smaller = Maandishi madogo
back = Rudi
continue = Endelea
off = Zima simu
use-explained = Muda wa matumizi ni muda ambao simu imewashwa.

## Times

days = { $count ->
    [one] siku { $count }
   *[other] siku { $count }
}
hours = { $count ->
    [one] saa { $count }
   *[other] saa { $count }
}
minutes = { $count ->
    [one] dakika { $count }
   *[other] dakika { $count }
}
seconds = { $count ->
    [one] sekunde { $count }
   *[other] sekunde { $count }
}
span = { $first } { $second }

## Locked

locked-title = Simu hii imefungwa
locked-by = Imefungwa na
locked-why = Sababu
locked-for = Imefungwa kwa (muda wa matumizi)
reason-payment-overdue = Kuna malipo yaliyochelewa.
reason-reported-lost = Iliripotiwa kuwa simu imepotea.
reason-reported-stolen = Iliripotiwa kuwa simu imeibiwa.
reason-agreement-breached = Mkopeshaji anasema kuwa sharti moja la makubaliano halikutimizwa.
reason-deadline-passed = Muda ambao simu ilifunguliwa umekwisha.
reason-unknown = Hakuna sababu iliyoandikwa kwenye simu.
sunset-in = Itakuwa yako kabisa baada ya (muda wa matumizi)

data-title = Data yako iko salama
data-safe = Hakuna kinachofutwa kwenye simu hii. Picha, ujumbe na faili zako zinabaki, na utazikuta simu itakapofunguliwa.

amount-title = Kiasi cha kulipa
amount-hidden = Kimefichwa ili ukione wewe tu.
amount-show = Onyesha kiasi
amount-hide = Ficha kiasi
pay-title = Jinsi ya kulipa
pay-scan = Msimbo huu una maandishi yale yale. Uchanganue kwa simu nyingine.
pay-call = Mpigie mkopeshaji simu na uulize jinsi ya kulipa.
pay-then = Malipo yako yakifika, mkopeshaji anaweza kufungua simu mara moja.

call-title = Wa kupigia simu
note-title = Ujumbe wa mkopeshaji
number-title = Namba ya simu hii
number-why = Itaje unapopiga simu, ili simu yako ipatikane.

works-title = Kinachoendelea kufanya kazi
works-emergency = Simu za dharura, wakati wote
works-incoming-calls = Simu zinazoingia
works-outgoing-calls = Simu zinazotoka
works-messages = Ujumbe mfupi
works-lender-app = Programu ya mkopeshaji
works-clock = Kengele na saa
works-health = Programu za afya na ufikiaji

dispute-title = Ukiona kuna kosa
dispute = Mpigie mkopeshaji simu, sema kwamba hukubaliani, na uombe sababu kwa maandishi. Huhitaji kulipa ili kuuliza. Jibu lisipotosha, ofisi ya kutetea wateja inaweza kukusaidia.

## A code from the hotline

code-button = Weka namba kutoka kituo cha simu
code-title = Namba kutoka kituo cha simu
code-what = Namba hii hufungua simu kwa muda. Unaipata kwa kupiga simu.
code-call = 1. Mpigie mkopeshaji simu:
code-number = 2. Taja namba ya simu hii:
code-challenge = 3. Taja tarakimu hizi:
code-type = 4. Andika makundi mawili ya tarakimu utakayoambiwa:
code-first-begun = Kundi la kwanza: tarakimu sita
code-first-well = Kundi la kwanza: hakuna kosa
code-first-slip = Kundi la kwanza: kuna kosa. Lifute na uliandike tena.
code-second-begun = Kundi la pili: tarakimu sita
code-second-well = Kundi la pili: hakuna kosa
code-second-slip = Kundi la pili: kuna kosa. Lifute na uliandike tena.
code-send = Fungua
code-wrong = Namba hii si sahihi. Piga simu tena na ulinganishe tarakimu.
code-wait = Tafadhali subiri kabla ya kujaribu tena (muda wa matumizi)

## Notice of a lock

notice-title = Simu hii inaweza kufungwa hivi karibuni
notice-now-title = Simu hii inaweza kufungwa kuanzia sasa
notice-by = Taarifa kutoka kwa
notice-in = Inaweza kufungwa baada ya (muda wa matumizi)
notice-ends = Taarifa hii itaisha baada ya (muda wa matumizi)
notice-usable = Hadi wakati huo unaweza kutumia simu yote.
notice-now-usable = Maadamu haijafungwa, unaweza kuitumia yote.
notice-data = Hata ikifungwa, hakuna kitakachofutwa.
prevent-title = Jinsi ya kuzuia
prevent = Lipa kinachodaiwa, au mpigie mkopeshaji simu mkubaliane tarehe nyingine.

## Unlocked for a time

deadline-title = Simu hii imefunguliwa kwa muda
deadline-in = Itajifunga yenyewe baada ya (muda wa matumizi)
deadline-usable = Hadi wakati huo unaweza kuitumia yote. Hata baadaye hakuna kitakachofutwa.
prevent-lock-title = Jinsi ya kuiacha wazi

## Afterwards

thanks-title = Asante
thanks-unlocked = Simu hii imefunguliwa, na unaweza kuitumia yote.
thanks-until = Imefunguliwa kwa muda mwingine wa (muda wa matumizi)
released-title = Simu hii ni yako kabisa
released = Imeachiliwa. Hakuna anayeweza kuifunga tena.
released-for-now-title = Simu hii imeachiliwa kwa sasa
released-for-now = Kuachiliwa hakukuweza kuhifadhiwa, na kunadumu hadi simu izimwe. Tunza maandishi yake na uyaweke tena simu ikiwashwa.

## Faults

fault-title = Kufuli la simu hii haliwezi kusomwa
fault-what = Hili ni tatizo la kiufundi. Halihusiani nawe wala malipo yako. Hadi kufuli lisomeke, ni sehemu tu ya simu inayoweza kutumika.
fault-restart = Zima simu kisha uiwashe tena. Isiposaidia, kituo cha huduma kinaweza kusaidia.
fault-update = Simu inahitaji sasisho la karibuni. Kituo cha huduma kinaweza kulisakinisha.
fault-service = Tafadhali nenda kituo cha huduma. Kama una maandishi ya kuachiliwa au ya vocha, yachukue.
fault-data = Hakuna kilichofutwa kwa sababu hii, na kufuli halifuti chochote.
fault-reference = Kumbukumbu ya kituo cha huduma

## Not set up

fresh-title = Simu hii bado haijaandaliwa
fresh = Iko kama ilivyotoka kiwandani. Tafadhali irudishe ulikoipata, ili iandaliwe huko.

## What became of what was done

said-calling = Inapiga namba ya dharura.
said-not-called = Simu ya dharura haikuweza kupigwa. Bonyeza kitufe tena.
said-not-taken = Hili halikukubaliwa. Hakuna kilichobadilika.
said-not-off = Simu haikuweza kuzimwa. Jaribu tena.
said-not-ready = Simu hii haijafungwa tena, lakini bado haiko tayari. Itajaribiwa tena.
