# The lock screen in Spanish; see en.ftl.

## On every page

emergency = Llamada de emergencia
text-larger = Texto más grande
text-smaller = Texto más pequeño
back = Volver
continue = Continuar
off = Apagar el teléfono
use-explained = El tiempo de uso es el tiempo que el teléfono está encendido.

## Times

days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
span = { $first } { $second }

## Locked

locked-title = Este teléfono está bloqueado
locked-by = Bloqueado por
locked-why = Motivo
locked-for = Bloqueado desde hace (tiempo de uso)
reason-payment-overdue = Hay un pago atrasado.
reason-reported-lost = Se avisó de que el teléfono se perdió.
reason-reported-stolen = Se denunció el robo del teléfono.
reason-agreement-breached = La entidad financiera dice que no se cumplió una condición del contrato.
reason-deadline-passed = Terminó el tiempo por el que estaba desbloqueado.
reason-unknown = En el teléfono no consta ningún motivo.
sunset-in = Será suyo para siempre dentro de (tiempo de uso)

data-title = Sus datos están a salvo
data-safe = No se borra nada de este teléfono. Sus fotos, mensajes y archivos se conservan y estarán ahí cuando se desbloquee.

amount-title = Importe por pagar
amount-hidden = Está oculto para que solo lo vea usted.
amount-show = Mostrar el importe
amount-hide = Ocultar el importe
pay-title = Cómo pagar
pay-scan = Este código contiene el mismo texto. Escanéelo con otro teléfono.
pay-call = Llame a la entidad financiera y pregunte cómo puede pagar.
pay-then = En cuanto llegue su pago, la entidad puede desbloquear el teléfono de inmediato.

call-title = A quién llamar
note-title = Mensaje de la entidad financiera
number-title = Número de este teléfono
number-why = Dígalo al llamar para que encuentren su teléfono.

works-title = Qué sigue funcionando
works-emergency = Llamadas de emergencia, siempre
works-incoming-calls = Llamadas entrantes
works-outgoing-calls = Llamadas salientes
works-messages = Mensajes de texto
works-lender-app = La aplicación de la entidad financiera
works-clock = Alarmas y reloj
works-health = Aplicaciones de salud y accesibilidad

dispute-title = Si cree que es un error
dispute = Llame a la entidad financiera, diga que no está de acuerdo y pida los motivos por escrito. No hace falta pagar para preguntar. Si la respuesta no lo resuelve, una oficina de atención al consumidor puede ayudarle.

## A code from the hotline

code-button = Introducir un código de la línea de atención
code-title = Código de la línea de atención
code-what = Un código desbloquea el teléfono por un tiempo. Se obtiene llamando.
code-call = 1. Llame a la entidad financiera:
code-number = 2. Diga el número de este teléfono:
code-challenge = 3. Diga estas cifras:
code-type = 4. Escriba los dos grupos de cifras que le digan:
code-first-begun = Primer grupo: seis cifras
code-first-well = Primer grupo: sin errores
code-first-slip = Primer grupo: hay un error. Bórrelo y escríbalo de nuevo.
code-second-begun = Segundo grupo: seis cifras
code-second-well = Segundo grupo: sin errores
code-second-slip = Segundo grupo: hay un error. Bórrelo y escríbalo de nuevo.
code-send = Desbloquear
code-wrong = Este no es el código correcto. Vuelva a llamar y compare las cifras.
code-wait = Espere antes del próximo intento (tiempo de uso)

## Notice of a lock

notice-title = Este teléfono podría bloquearse pronto
notice-now-title = Este teléfono puede bloquearse desde ahora
notice-by = Aviso de
notice-in = Puede bloquearse dentro de (tiempo de uso)
notice-ends = El aviso termina dentro de (tiempo de uso)
notice-usable = Hasta entonces puede usar todo el teléfono.
notice-now-usable = Mientras no se bloquee, puede usarlo por completo.
notice-data = Aunque se bloquee, no se borra nada.
prevent-title = Cómo evitarlo
prevent = Pague lo pendiente, o llame a la entidad financiera y acuerde otra fecha.

## Unlocked for a time

deadline-title = Este teléfono está desbloqueado por un tiempo
deadline-in = Se bloquea solo dentro de (tiempo de uso)
deadline-usable = Hasta entonces puede usarlo por completo. Después tampoco se borra nada.
prevent-lock-title = Cómo mantenerlo desbloqueado

## Afterwards

thanks-title = Gracias
thanks-unlocked = Este teléfono está desbloqueado y puede usarlo por completo.
thanks-until = Desbloqueado todavía por (tiempo de uso)
released-title = Este teléfono es suyo para siempre
released = Está liberado. Nadie puede volver a bloquearlo.
released-for-now-title = Este teléfono está liberado por ahora
released-for-now = La liberación no se pudo guardar y vale hasta que se apague el teléfono. Conserve su texto y entréguelo otra vez tras el próximo encendido.

## Faults

fault-title = No se puede leer el bloqueo de este teléfono
fault-what = Es un fallo técnico. No dice nada de usted ni de sus pagos. Hasta que se pueda leer el bloqueo, solo se puede usar una parte del teléfono.
fault-restart = Apague el teléfono y vuelva a encenderlo. Si eso no ayuda, acuda a un servicio técnico.
fault-update = El teléfono necesita su última actualización. Un servicio técnico puede instalarla.
fault-service = Acuda a un servicio técnico. Si tiene el texto de una liberación o del vale de alta, llévelo.
fault-data = No se borró nada por esto, y el bloqueo no borra nada.
fault-reference = Referencia para el servicio técnico

## Not set up

fresh-title = Este teléfono aún no está configurado
fresh = Está tal como salió de fábrica. Llévelo a donde lo obtuvo: allí pueden configurarlo.

## What became of what was done

said-calling = Llamando al número de emergencia.
said-not-called = No se pudo hacer la llamada de emergencia. Pulse el botón otra vez.
said-not-taken = No se ha aceptado. Nada ha cambiado.
said-not-off = No se pudo apagar el teléfono. Inténtelo de nuevo.
said-not-ready = Este teléfono ya no está bloqueado, pero todavía no está listo. Se volverá a intentar.
