# The lock screen in English, and the measure for all other languages: every
# message here has its like there, with the same variables.
#
# Plain words; nothing threatens, shames or blames. "Of use" is the time that
# the phone is on: a phone that is off is not used. Times stand after a label,
# so that no grammar depends on them.

## On every page

emergency = Emergency call
text-larger = Larger text
text-smaller = Smaller text
back = Back
continue = Continue
off = Switch the phone off
use-explained = Time of use is the time that the phone is switched on.

## Times

days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
span = { $first } { $second }

## Locked

locked-title = This phone is locked
locked-by = Locked by
locked-why = Why
locked-for = Locked for (time of use)
reason-payment-overdue = A payment is overdue.
reason-reported-lost = The phone was reported lost.
reason-reported-stolen = The phone was reported stolen.
reason-agreement-breached = The lender says that a term of the agreement was not kept.
reason-deadline-passed = The time it was unlocked for is over.
reason-unknown = No reason is recorded on the phone.
sunset-in = It becomes yours for good after (time of use)

data-title = Your data are safe
data-safe = Nothing on this phone is erased. Your photos, messages and files stay, and are there when it is unlocked.

amount-title = To pay
amount-hidden = Hidden, so that only you see it.
amount-show = Show the amount
amount-hide = Hide the amount
pay-title = How to pay
pay-scan = This code holds the same text. Scan it with another phone.
pay-call = Call the lender and ask how you can pay.
pay-then = Once your payment has arrived, the lender can unlock the phone at once.

call-title = Whom to call
note-title = The lender writes
number-title = This phone’s number
number-why = Say it when you call, so that your phone is found.

works-title = What still works
works-emergency = Emergency calls, always
works-incoming-calls = Incoming calls
works-outgoing-calls = Outgoing calls
works-messages = Text messages
works-lender-app = The lender’s app
works-clock = Alarms and the clock
works-health = Health and accessibility apps

dispute-title = If you think this is wrong
dispute = Call the lender, say that you disagree, and ask for the reasons in writing. You need not pay in order to ask. If the answer does not settle it, a consumer advice office can help.

## A code from the hotline

code-button = Enter a code from the hotline
code-title = Code from the hotline
code-what = A code unlocks the phone for a time. You get it by calling.
code-call = 1. Call the lender:
code-number = 2. Say this phone’s number:
code-challenge = 3. Say these digits:
code-type = 4. Type the two groups of digits that you are told:
code-first-begun = First group: six digits
code-first-well = First group: no slip in it
code-first-slip = First group: mistyped. Erase it and type it again.
code-second-begun = Second group: six digits
code-second-well = Second group: no slip in it
code-second-slip = Second group: mistyped. Erase it and type it again.
code-send = Unlock
code-wrong = This is not the right code. Call again and compare the digits.
code-wait = Please wait before the next try (time of use)

## Notice of a lock

notice-title = This phone may be locked soon
notice-now-title = This phone may be locked from now on
notice-by = Notice from
notice-in = It can be locked after (time of use)
notice-ends = The notice ends after (time of use)
notice-usable = Until then you can use all of the phone.
notice-now-usable = As long as it is not locked, you can use all of it.
notice-data = Even if it is locked, nothing on it is erased.
prevent-title = How to prevent it
prevent = Pay what is due, or call the lender and agree on another date.

## Unlocked for a time

deadline-title = This phone is unlocked for a time
deadline-in = It locks by itself after (time of use)
deadline-usable = Until then you can use all of it. Nothing on it is erased afterwards.
prevent-lock-title = How to keep it unlocked

## Afterwards

thanks-title = Thank you
thanks-unlocked = This phone is unlocked, and you can use all of it.
thanks-until = Unlocked for another (time of use)
released-title = This phone is yours for good
released = It is released. Nobody can lock it again.
released-for-now-title = This phone is released for now
released-for-now = The release could not be stored and holds until the phone is switched off. Keep its text and hand it in again after the next start.

## Faults

fault-title = The lock of this phone can’t be read
fault-what = This is a technical fault. It says nothing about you or your payments. Until the lock can be read, only a part of the phone can be used.
fault-restart = Switch the phone off and on again. If that does not help, a service centre can.
fault-update = The phone needs its latest update. A service centre can install it.
fault-service = Please go to a service centre. If you have the text of a release or of the voucher, take it with you.
fault-data = Nothing was erased because of this, and the lock erases nothing.
fault-reference = Reference, for the service centre

## Not set up

fresh-title = This phone is not set up yet
fresh = It is as it left the factory. Please take it back to where you got it: there it can be set up.

## What became of what was done

said-calling = Calling the emergency number.
said-not-called = The emergency call could not be made. Press the button again.
said-not-taken = This was not accepted. Nothing has changed.
said-not-off = The phone could not be switched off. Try again.
said-not-ready = This phone is not locked any more, but could not be made ready yet. This is tried again.
