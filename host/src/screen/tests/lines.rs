//! Lines end where the language lets them, and numbers stay whole.

use super::fixtures::artist;
use crate::screen::Artist;
use crate::screen::text::{Direction, Laid, Side, Style, Wrap};

const STYLE: Style = Style {
    size: 20,
    bold: false,
    direction: Direction::Ltr,
    side: Side::Left,
    wrap: Wrap::Words,
    language: "en",
};

fn lay(artist: &mut Artist, text: &str, style: Style, width: i32) -> Laid {
    artist.setter.set(&mut artist.fonts, text, style, width)
}

/// The lines of a text at a width.
fn lines<'a>(artist: &mut Artist, text: &'a str, style: Style, width: i32) -> Vec<&'a str> {
    let laid = lay(artist, text, style, width);
    laid.lines.into_iter().map(|line| text[line].trim_end()).collect()
}

#[test]
fn thai_lines_end_between_words() {
    // "This phone may be used as usual", word by word.
    let words = ["โทรศัพท์", "เครื่อง", "นี้", "ใช้", "งาน", "ได้", "ตาม", "ปกติ"];
    let text = words.concat();
    let mut ends = vec![0];
    words.iter().for_each(|word| ends.push(ends[ends.len() - 1] + word.len()));
    let mut artist = artist();
    let style = Style { language: "th", ..STYLE };
    let mut broken = 0;
    for width in 90..240 {
        let laid = lay(&mut artist, &text, style, width);
        broken += laid.lines.len() - 1;
        for line in &laid.lines {
            assert!(ends.contains(&line.end), "{:?} at {width}", &text[line.clone()]);
        }
    }
    assert!(broken > 100);
}

#[test]
fn chinese_lines_do_not_begin_with_a_full_stop() {
    let text = "手机已解除限制，任何人都无法再锁定它。手机已解除限制，任何人都无法再锁定它。";
    let mut artist = artist();
    for width in 60..400 {
        for line in lines(&mut artist, text, Style { language: "zh", ..STYLE }, width) {
            assert!(!line.starts_with(['，', '。']), "{line} at {width}");
        }
    }
}

#[test]
fn long_words_are_made_smaller_before_they_are_broken() {
    let mut artist = artist();
    let text = "Этот телефон заблокирован";
    let style = Style { size: 30, wrap: Wrap::Whole, language: "ru", ..STYLE };
    let natural = lay(&mut artist, "заблокирован", style, 1_000).width;
    for width in [natural, natural * 5 / 6, natural * 3 / 4] {
        let lines = lines(&mut artist, text, style, width);
        assert!(lines.contains(&"заблокирован"), "{lines:?} at {width}");
    }
    let broken = lay(&mut artist, text, style, natural / 2);
    assert!(broken.lines.len() > 3 && broken.width <= natural / 2);
    let large = lay(&mut artist, text, style, natural);
    assert_eq!(large.glyphs[0].key.size, 30);
}

#[test]
fn a_number_is_one_line_in_its_order_however_narrow() {
    let mut artist = artist();
    for text in ["+1 (555) 010-0199", "888888888888888888888888", "*123#-(45) 67-89 01-23 45"] {
        for direction in [Direction::Ltr, Direction::Rtl] {
            for width in [150, 216, 1_000] {
                let style = Style {
                    size: 40,
                    wrap: Wrap::Never,
                    direction: Direction::Ltr,
                    side: if direction == Direction::Rtl { Side::Right } else { Side::Left },
                    ..STYLE
                };
                let laid = lay(&mut artist, text, style, width);
                assert_eq!(laid.lines.len(), 1, "{text} at {width}");
                assert!(laid.width <= width, "{text} at {width}: {}", laid.width);
                let xs: Vec<_> = laid.glyphs.iter().map(|glyph| glyph.x).collect();
                assert!(xs.is_sorted(), "{text} at {width}: {xs:?}");
                assert_eq!(xs.len(), text.len());
            }
        }
    }
}

#[test]
fn arabic_runs_from_right_to_left_and_its_letters_join() {
    let mut artist = artist();
    let style = Style { direction: Direction::Rtl, language: "ar", ..STYLE };
    let joined = lay(&mut artist, "سلام", style, 400);
    let apart = lay(&mut artist, "س ل ا م", style, 400);
    assert!(joined.width < apart.width);
    // Lam and alef are one glyph.
    assert_eq!(joined.glyphs.len(), 3);
}

#[test]
fn devanagari_vowels_move_before_their_consonant() {
    let mut artist = artist();
    let laid = lay(&mut artist, "कि", Style { language: "hi", ..STYLE }, 400);
    let plain = lay(&mut artist, "क", Style { language: "hi", ..STYLE }, 400);
    assert_eq!(laid.glyphs.len(), 2);
    assert_eq!(laid.glyphs[1].key.glyph, plain.glyphs[0].key.glyph);
}

#[test]
fn what_is_put_into_a_line_does_not_turn_it_around() {
    let mut artist = artist();
    let text = "Name: \u{2068}שלום 12\u{2069} - 34";
    let laid = lay(&mut artist, text, STYLE, 1_000);
    // Hebrew has no font here; the digits after it stand at the end of the line.
    let last = laid.glyphs.iter().max_by_key(|glyph| glyph.x).unwrap();
    let four = lay(&mut artist, "4", STYLE, 100).glyphs[0].key.glyph;
    assert_eq!(last.key.glyph, four);
}

#[test]
fn no_text_is_a_problem() {
    let mut artist = artist();
    let odd = [
        "",
        " ",
        "\n",
        "\t\r\n",
        "\u{0}\u{7f}",
        "\u{202e}\u{2066}",
        "\u{feff}",
        "🙂👩‍👩‍👧🇺🇳",
        "\u{1100}\u{1161}\u{11a8}",
        "e\u{301}\u{301}\u{301}\u{301}",
        "\u{200d}\u{200d}",
        "\u{fffd}",
        "\u{10ffff}",
        "க்ஷ",
        "ᠮᠣᠩᠭᠣᠯ",
    ];
    for text in odd {
        for wrap in [Wrap::Words, Wrap::Never] {
            for width in [0, 1, 50, 1_000] {
                for direction in [Direction::Ltr, Direction::Rtl, Direction::Own] {
                    lay(&mut artist, text, Style { wrap, direction, ..STYLE }, width);
                }
            }
        }
    }
}

#[test]
fn no_mixture_of_scripts_is_a_problem() {
    let letters: Vec<char> = "aZ 09+-().,/:@ßñЖйหั่ำไเ้क्षिर्ँाعربيةلا،٠中文。「」한글שלום\u{301}\u{200c}\u{200d}\u{200e}\u{200f}\
        \u{2066}\u{2067}\u{2068}\u{2069}\u{202a}\u{202e}\u{a0}\u{2060}\u{ad}\n\u{2028}🙂🇺\u{fe0f}\u{1f3fd}"
        .chars()
        .collect();
    let mut artist = artist();
    let mut random = 1_u64;
    for round in 0..600 {
        let mut text = String::new();
        for _ in 0..round % 40 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push(letters[(random >> 33) as usize % letters.len()]);
        }
        let wrap = [Wrap::Words, Wrap::Whole, Wrap::Never][round % 3];
        let direction = [Direction::Ltr, Direction::Rtl, Direction::Own][round / 3 % 3];
        let language = ["en", "ar", "th", "zh", "not a tag"][round % 5];
        let style = Style { wrap, direction, language, bold: round % 2 == 0, ..STYLE };
        let laid = lay(&mut artist, &text, style, [30, 200, 900][round / 7 % 3]);
        assert!(laid.height >= 0 && laid.width >= 0, "{text:?}");
    }
}
