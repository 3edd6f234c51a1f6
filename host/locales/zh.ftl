# The lock screen in Chinese (simplified); see en.ftl.

## On every page

emergency = 紧急呼叫
text-larger = 放大文字
text-smaller = 缩小文字
back = 返回
continue = 继续
off = 关闭手机
use-explained = 使用时间是指手机开机的时间。

## Times

days = { $count ->
   *[other] { $count } 天
}
hours = { $count ->
   *[other] { $count } 小时
}
minutes = { $count ->
   *[other] { $count } 分钟
}
seconds = { $count ->
   *[other] { $count } 秒
}
span = { $first } { $second }

## Locked

locked-title = 此手机已锁定
locked-by = 锁定方
locked-why = 原因
locked-for = 已锁定（使用时间）
reason-payment-overdue = 有一笔款项已逾期。
reason-reported-lost = 此手机已被报失。
reason-reported-stolen = 此手机已被报为失窃。
reason-agreement-breached = 贷款方表示，协议中有一项条款未得到履行。
reason-deadline-passed = 临时解锁的时间已用完。
reason-unknown = 手机上没有记录原因。
sunset-in = 再过以下时间，手机将永久归您所有（使用时间）

data-title = 您的数据是安全的
data-safe = 此手机上的任何内容都不会被删除。您的照片、消息和文件都会保留，解锁后即可使用。

amount-title = 应付金额
amount-hidden = 已隐藏，只让您自己看到。
amount-show = 显示金额
amount-hide = 隐藏金额
pay-title = 付款方式
pay-scan = 此二维码的内容与上面的文字相同。请用另一部手机扫描。
pay-call = 请致电贷款方，询问如何付款。
pay-then = 款项到账后，贷款方可以立即为您解锁。

call-title = 联系电话
note-title = 贷款方留言
number-title = 本机编号
number-why = 致电时请报出此编号，以便查到您的手机。

works-title = 仍可使用的功能
works-emergency = 紧急呼叫，始终可用
works-incoming-calls = 接听来电
works-outgoing-calls = 拨打电话
works-messages = 短信
works-lender-app = 贷款方的应用
works-clock = 闹钟和时钟
works-health = 健康和无障碍应用

dispute-title = 如果您认为有误
dispute = 请致电贷款方，说明您不同意，并要求书面说明原因。询问无需先付款。如果答复未能解决问题，消费者保护机构可以为您提供帮助。

## A code from the hotline

code-button = 输入热线提供的解锁码
code-title = 热线解锁码
code-what = 解锁码可以临时解锁手机，通过致电获取。
code-call = 1. 致电贷款方：
code-number = 2. 报出本机编号：
code-challenge = 3. 报出以下数字：
code-type = 4. 输入对方告诉您的两组数字：
code-first-begun = 第一组：六位数字
code-first-well = 第一组：没有输错
code-first-slip = 第一组：有输入错误。请删除后重新输入。
code-second-begun = 第二组：六位数字
code-second-well = 第二组：没有输错
code-second-slip = 第二组：有输入错误。请删除后重新输入。
code-send = 解锁
code-wrong = 解锁码不正确。请再次致电并核对数字。
code-wait = 请稍候再试（使用时间）

## Notice of a lock

notice-title = 此手机可能很快被锁定
notice-now-title = 此手机从现在起可能被锁定
notice-by = 通知方
notice-in = 再过以下时间可能被锁定（使用时间）
notice-ends = 再过以下时间通知失效（使用时间）
notice-usable = 在此之前，您可以使用手机的全部功能。
notice-now-usable = 只要尚未锁定，您可以使用手机的全部功能。
notice-data = 即使被锁定，手机上的内容也不会被删除。
prevent-title = 如何避免
prevent = 请支付到期款项，或致电贷款方另行约定日期。

## Unlocked for a time

deadline-title = 此手机已临时解锁
deadline-in = 再过以下时间将自动锁定（使用时间）
deadline-usable = 在此之前，您可以使用手机的全部功能。之后手机上的内容也不会被删除。
prevent-lock-title = 如何保持解锁

## Afterwards

thanks-title = 谢谢您
thanks-unlocked = 此手机已解锁，您可以使用全部功能。
thanks-until = 还可使用（使用时间）
released-title = 此手机永久归您所有
released = 手机已解除限制，任何人都无法再锁定它。
released-for-now-title = 此手机暂时解除限制
released-for-now = 解除记录未能保存，仅在关机前有效。请保留解除文本，下次开机后再次提交。

## Faults

fault-title = 无法读取此手机的锁定记录
fault-what = 这是技术故障，与您本人及您的付款无关。在能够读取之前，手机只有部分功能可用。
fault-restart = 请关机后重新开机。如果仍未恢复，维修中心可以提供帮助。
fault-update = 手机需要安装最新更新，维修中心可以为您安装。
fault-service = 请前往维修中心。如果您有解除文本或凭证文本，请一并带上。
fault-data = 没有任何内容因此被删除，锁定也不会删除任何内容。
fault-reference = 供维修中心使用的参考号

## Not set up

fresh-title = 此手机尚未设置
fresh = 手机仍为出厂状态。请将它带回您取得手机的地方，由对方完成设置。

## What became of what was done

said-calling = 正在拨打紧急号码。
said-not-called = 紧急呼叫未能拨出。请再按一次按钮。
said-not-taken = 未被接受。没有任何更改。
said-not-off = 手机未能关闭。请重试。
said-not-ready = 手机已不再锁定，但尚未准备好。将会重试。
