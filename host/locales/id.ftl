# The lock screen in Indonesian; see en.ftl.

## On every page

emergency = Panggilan darurat
text-larger = Teks lebih besar
text-smaller = Teks lebih kecil
back = Kembali
continue = Lanjutkan
off = Matikan ponsel
use-explained = Waktu pemakaian adalah waktu selama ponsel menyala.

## Times

days = { $count ->
   *[other] { $count } hari
}
hours = { $count ->
   *[other] { $count } jam
}
minutes = { $count ->
   *[other] { $count } menit
}
seconds = { $count ->
   *[other] { $count } detik
}
span = { $first } { $second }

## Locked

locked-title = Ponsel ini terkunci
locked-by = Dikunci oleh
locked-why = Alasan
locked-for = Terkunci selama (waktu pemakaian)
reason-payment-overdue = Ada pembayaran yang terlambat.
reason-reported-lost = Ponsel ini dilaporkan hilang.
reason-reported-stolen = Ponsel ini dilaporkan dicuri.
reason-agreement-breached = Pemberi kredit menyatakan bahwa salah satu ketentuan perjanjian tidak dipenuhi.
reason-deadline-passed = Masa terbukanya ponsel ini sudah habis.
reason-unknown = Tidak ada alasan yang tercatat di ponsel.
sunset-in = Menjadi milik Anda sepenuhnya setelah (waktu pemakaian)

data-title = Data Anda aman
data-safe = Tidak ada yang dihapus dari ponsel ini. Foto, pesan, dan berkas Anda tetap tersimpan dan tersedia saat kunci dibuka.

amount-title = Jumlah yang harus dibayar
amount-hidden = Disembunyikan agar hanya Anda yang melihatnya.
amount-show = Tampilkan jumlah
amount-hide = Sembunyikan jumlah
pay-title = Cara membayar
pay-scan = Kode ini berisi teks yang sama. Pindai dengan ponsel lain.
pay-call = Telepon pemberi kredit dan tanyakan cara membayar.
pay-then = Begitu pembayaran Anda diterima, pemberi kredit dapat langsung membuka kunci ponsel.

call-title = Siapa yang dapat dihubungi
note-title = Pesan dari pemberi kredit
number-title = Nomor ponsel ini
number-why = Sebutkan saat menelepon agar ponsel Anda dapat ditemukan.

works-title = Yang tetap berfungsi
works-emergency = Panggilan darurat, selalu
works-incoming-calls = Panggilan masuk
works-outgoing-calls = Panggilan keluar
works-messages = Pesan teks
works-lender-app = Aplikasi pemberi kredit
works-clock = Alarm dan jam
works-health = Aplikasi kesehatan dan aksesibilitas

dispute-title = Jika menurut Anda ini keliru
dispute = Telepon pemberi kredit, sampaikan bahwa Anda tidak setuju, dan minta alasannya secara tertulis. Anda tidak perlu membayar untuk bertanya. Jika jawabannya belum menyelesaikan masalah, lembaga perlindungan konsumen dapat membantu.

## A code from the hotline

code-button = Masukkan kode dari layanan telepon
code-title = Kode dari layanan telepon
code-what = Kode membuka kunci ponsel untuk sementara. Anda mendapatkannya dengan menelepon.
code-call = 1. Telepon pemberi kredit:
code-number = 2. Sebutkan nomor ponsel ini:
code-challenge = 3. Sebutkan angka-angka ini:
code-type = 4. Ketik dua kelompok angka yang disebutkan kepada Anda:
code-first-begun = Kelompok pertama: enam angka
code-first-well = Kelompok pertama: tidak ada salah ketik
code-first-slip = Kelompok pertama: salah ketik. Hapus lalu ketik lagi.
code-second-begun = Kelompok kedua: enam angka
code-second-well = Kelompok kedua: tidak ada salah ketik
code-second-slip = Kelompok kedua: salah ketik. Hapus lalu ketik lagi.
code-send = Buka kunci
code-wrong = Kode ini tidak benar. Telepon lagi dan cocokkan angkanya.
code-wait = Mohon tunggu sebelum mencoba lagi (waktu pemakaian)

## Notice of a lock

notice-title = Ponsel ini mungkin segera dikunci
notice-now-title = Ponsel ini dapat dikunci mulai sekarang
notice-by = Pemberitahuan dari
notice-in = Dapat dikunci setelah (waktu pemakaian)
notice-ends = Pemberitahuan ini berakhir setelah (waktu pemakaian)
notice-usable = Sampai saat itu Anda dapat memakai seluruh ponsel.
notice-now-usable = Selama belum dikunci, Anda dapat memakai seluruhnya.
notice-data = Sekalipun dikunci, tidak ada yang dihapus.
prevent-title = Cara mencegahnya
prevent = Bayar yang jatuh tempo, atau telepon pemberi kredit dan sepakati tanggal lain.

## Unlocked for a time

deadline-title = Ponsel ini terbuka untuk sementara
deadline-in = Terkunci sendiri setelah (waktu pemakaian)
deadline-usable = Sampai saat itu Anda dapat memakai seluruhnya. Setelahnya pun tidak ada yang dihapus.
prevent-lock-title = Cara agar tetap terbuka

## Afterwards

thanks-title = Terima kasih
thanks-unlocked = Kunci ponsel ini sudah dibuka, dan Anda dapat memakai seluruhnya.
thanks-until = Masih terbuka selama (waktu pemakaian)
released-title = Ponsel ini milik Anda sepenuhnya
released = Ponsel ini sudah dilepas. Tidak ada yang dapat menguncinya lagi.
released-for-now-title = Ponsel ini dilepas untuk saat ini
released-for-now = Pelepasan tidak dapat disimpan dan berlaku sampai ponsel dimatikan. Simpan teksnya dan masukkan lagi setelah ponsel dinyalakan kembali.

## Faults

fault-title = Kunci ponsel ini tidak dapat dibaca
fault-what = Ini gangguan teknis. Tidak ada kaitannya dengan Anda atau pembayaran Anda. Sampai kunci dapat dibaca, hanya sebagian ponsel yang dapat dipakai.
fault-restart = Matikan ponsel lalu nyalakan lagi. Jika tidak membantu, pusat servis dapat membantu.
fault-update = Ponsel memerlukan pembaruan terbaru. Pusat servis dapat memasangnya.
fault-service = Silakan pergi ke pusat servis. Jika Anda punya teks pelepasan atau teks voucer, bawalah.
fault-data = Tidak ada yang terhapus karena ini, dan kunci tidak menghapus apa pun.
fault-reference = Nomor rujukan untuk pusat servis

## Not set up

fresh-title = Ponsel ini belum disiapkan
fresh = Keadaannya seperti saat keluar dari pabrik. Silakan kembalikan ke tempat Anda memperolehnya; di sana ponsel dapat disiapkan.

## What became of what was done

said-calling = Memanggil nomor darurat.
said-not-called = Panggilan darurat gagal. Tekan tombolnya lagi.
said-not-taken = Ini tidak diterima. Tidak ada yang berubah.
said-not-off = Ponsel tidak dapat dimatikan. Coba lagi.
said-not-ready = Ponsel ini tidak lagi terkunci, tetapi belum siap. Akan dicoba lagi.
