# The lock screen in Arabic; see en.ftl.

## On every page

emergency = مكالمة طوارئ
text-larger = نص أكبر
text-smaller = نص أصغر
back = رجوع
continue = متابعة
off = إيقاف تشغيل الهاتف
use-explained = وقت الاستخدام هو الوقت الذي يكون فيه الهاتف مُشغَّلًا.

## Times

days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
hours = { $count ->
    [zero] { $count } ساعة
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
    [many] { $count } ساعة
   *[other] { $count } ساعة
}
minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
seconds = { $count ->
    [zero] { $count } ثانية
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $count } ثوانٍ
    [many] { $count } ثانية
   *[other] { $count } ثانية
}
span = { $first } و{ $second }

## Locked

locked-title = هذا الهاتف مقفل
locked-by = الجهة التي أقفلته
locked-why = السبب
locked-for = مدة القفل (وقت الاستخدام)
reason-payment-overdue = هناك دفعة متأخرة.
reason-reported-lost = أُبلغ عن فقدان الهاتف.
reason-reported-stolen = أُبلغ عن سرقة الهاتف.
reason-agreement-breached = تقول الجهة المموِّلة إن أحد شروط الاتفاق لم يُستوفَ.
reason-deadline-passed = انتهت المدة التي فُتح الهاتف من أجلها.
reason-unknown = لا يوجد سبب مسجَّل في الهاتف.
sunset-in = يصبح ملكًا لك نهائيًا بعد (وقت الاستخدام)

data-title = بياناتك في أمان
data-safe = لا يُحذف أي شيء من هذا الهاتف. صورك ورسائلك وملفاتك باقية، وستجدها عند فتح القفل.

amount-title = المبلغ المستحق
amount-hidden = مخفي كي لا يراه أحد سواك.
amount-show = إظهار المبلغ
amount-hide = إخفاء المبلغ
pay-title = كيفية الدفع
pay-scan = يحتوي هذا الرمز على النص نفسه. امسحه بهاتف آخر.
pay-call = اتصل بالجهة المموِّلة واسأل عن طريقة الدفع.
pay-then = عند وصول دفعتك يمكن للجهة المموِّلة فتح الهاتف فورًا.

call-title = بمن تتصل
note-title = رسالة من الجهة المموِّلة
number-title = رقم هذا الهاتف
number-why = اذكره عند الاتصال حتى يُعرف هاتفك.

works-title = ما الذي لا يزال يعمل
works-emergency = مكالمات الطوارئ، دائمًا
works-incoming-calls = المكالمات الواردة
works-outgoing-calls = المكالمات الصادرة
works-messages = الرسائل النصية
works-lender-app = تطبيق الجهة المموِّلة
works-clock = المنبّه والساعة
works-health = تطبيقات الصحة وتسهيلات الاستخدام

dispute-title = إن كنت ترى أن هناك خطأ
dispute = اتصل بالجهة المموِّلة، وقل إنك غير موافق، واطلب الأسباب كتابةً. لا يلزمك الدفع لكي تسأل. وإن لم يكن الجواب مقنعًا، فيمكن لجهة حماية المستهلك مساعدتك.

## A code from the hotline

code-button = إدخال رمز من خط المساعدة
code-title = رمز من خط المساعدة
code-what = يفتح الرمز الهاتف لمدة محددة. تحصل عليه بالاتصال.
code-call = 1. اتصل بالجهة المموِّلة:
code-number = 2. اذكر رقم هذا الهاتف:
code-challenge = 3. اذكر هذه الأرقام:
code-type = 4. أدخل مجموعتي الأرقام اللتين تُقالان لك:
code-first-begun = المجموعة الأولى: ستة أرقام
code-first-well = المجموعة الأولى: لا خطأ فيها
code-first-slip = المجموعة الأولى: فيها خطأ. امسحها وأدخلها من جديد.
code-second-begun = المجموعة الثانية: ستة أرقام
code-second-well = المجموعة الثانية: لا خطأ فيها
code-second-slip = المجموعة الثانية: فيها خطأ. امسحها وأدخلها من جديد.
code-send = فتح
code-wrong = هذا ليس الرمز الصحيح. اتصل مجددًا وقارن الأرقام.
code-wait = يُرجى الانتظار قبل المحاولة التالية (وقت الاستخدام)

## Notice of a lock

notice-title = قد يُقفل هذا الهاتف قريبًا
notice-now-title = قد يُقفل هذا الهاتف ابتداءً من الآن
notice-by = إشعار من
notice-in = يمكن أن يُقفل بعد (وقت الاستخدام)
notice-ends = ينتهي الإشعار بعد (وقت الاستخدام)
notice-usable = حتى ذلك الحين يمكنك استخدام الهاتف بالكامل.
notice-now-usable = ما دام غير مقفل يمكنك استخدامه بالكامل.
notice-data = حتى لو أُقفل، لا يُحذف منه أي شيء.
prevent-title = كيف تتجنّب ذلك
prevent = ادفع المبلغ المستحق، أو اتصل بالجهة المموِّلة واتفق معها على موعد آخر.

## Unlocked for a time

deadline-title = هذا الهاتف مفتوح لمدة محددة
deadline-in = يُقفل تلقائيًا بعد (وقت الاستخدام)
deadline-usable = حتى ذلك الحين يمكنك استخدامه بالكامل. وبعدها أيضًا لا يُحذف منه أي شيء.
prevent-lock-title = كيف يبقى مفتوحًا

## Afterwards

thanks-title = شكرًا لك
thanks-unlocked = هذا الهاتف مفتوح، ويمكنك استخدامه بالكامل.
thanks-until = يبقى مفتوحًا لمدة (وقت الاستخدام)
released-title = هذا الهاتف ملك لك نهائيًا
released = تم تحريره. لا يمكن لأحد أن يقفله مرة أخرى.
released-for-now-title = هذا الهاتف محرَّر في الوقت الحالي
released-for-now = تعذّر حفظ التحرير، وهو سارٍ إلى أن يُوقَف تشغيل الهاتف. احتفظ بنصه وأدخله مجددًا بعد التشغيل التالي.

## Faults

fault-title = تتعذّر قراءة قفل هذا الهاتف
fault-what = هذا عطل تقني، ولا علاقة له بك ولا بدفعاتك. إلى أن تصبح قراءة القفل ممكنة، لا يمكن استخدام سوى جزء من الهاتف.
fault-restart = أوقف تشغيل الهاتف ثم شغّله من جديد. إن لم ينفع ذلك، فيمكن لمركز خدمة المساعدة.
fault-update = يحتاج الهاتف إلى آخر تحديث. يمكن لمركز خدمة تثبيته.
fault-service = يُرجى التوجه إلى مركز خدمة. إن كان لديك نص التحرير أو نص القسيمة فخذه معك.
fault-data = لم يُحذف شيء بسبب ذلك، والقفل لا يحذف شيئًا.
fault-reference = رقم مرجعي لمركز الخدمة

## Not set up

fresh-title = لم يُجهَّز هذا الهاتف بعد
fresh = هو كما خرج من المصنع. يُرجى إعادته إلى حيث حصلت عليه، فهناك يمكن تجهيزه.

## What became of what was done

said-calling = يجري الاتصال برقم الطوارئ.
said-not-called = تعذّر إجراء مكالمة الطوارئ. اضغط الزر مرة أخرى.
said-not-taken = لم يُقبل هذا. لم يتغيّر شيء.
said-not-off = تعذّر إيقاف تشغيل الهاتف. حاول مرة أخرى.
said-not-ready = لم يعد هذا الهاتف مقفلًا، لكنه لم يصبح جاهزًا بعد. ستُعاد المحاولة.
