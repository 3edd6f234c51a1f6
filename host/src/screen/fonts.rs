//! The fonts: files of a directory, each known by its digest.
//!
//! Pictures are compared exactly, and a shaper reads whatever a font says: a file that
//! is not the one named here is left out. What is left out is told, and the screen makes
//! do with the rest.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use parley::FontContext;
use parley::fontique::{Blob, Collection, CollectionOptions, FontInfoOverride, FontWeight};
use paylatch_proto::sign;

use crate::screen::language::{Language, Script};

/// A file that the screen is written with.
struct File {
    name: &'static str,
    /// SHA-256, in hexadecimal.
    digest: &'static str,
    family: &'static str,
    bold: bool,
}

/// The families, in the order in which a character is looked for: what many fonts have,
/// like digits, looks the same in every language.
pub(super) const FAMILIES: [&str; 5] = [LATIN, DEVANAGARI, ARABIC, THAI, HAN];

const LATIN: &str = "latin";
const DEVANAGARI: &str = "devanagari";
const ARABIC: &str = "arabic";
const THAI: &str = "thai";
const HAN: &str = "han";

/// The files, of Debian's packages `fonts-noto-core` and `fonts-droid-fallback` in the
/// versions that `qemu/versions` names.
const FILES: [File; 9] = [
    File {
        name: "NotoSans-Regular.ttf",
        digest: "89c3c497f618fdaa0b2d1e98fef93582f28c71debd2c4a8cdf41f190ced2909d",
        family: LATIN,
        bold: false,
    },
    File {
        name: "NotoSans-Bold.ttf",
        digest: "e83493c945848ecd4a9ad0f6d19164541a0d3e23a9c952304a00a46e00272ac5",
        family: LATIN,
        bold: true,
    },
    File {
        name: "NotoSansDevanagari-Regular.ttf",
        digest: "79a470365ccb210fa3c7d8d8ff2e005ef9d983cfd067f735a0caf7e15070ca9f",
        family: DEVANAGARI,
        bold: false,
    },
    File {
        name: "NotoSansDevanagari-Bold.ttf",
        digest: "77ad688cfe1dc55185bf4edb4db3c614202c65dd23a1463ad0e23fc52bcc9a5c",
        family: DEVANAGARI,
        bold: true,
    },
    File {
        name: "NotoSansArabic-Regular.ttf",
        digest: "504d7407d86875acf7d04dfaa0fd7524d0b8797723bc4aa18022f29db25b0b6e",
        family: ARABIC,
        bold: false,
    },
    File {
        name: "NotoSansArabic-Bold.ttf",
        digest: "ded6fc7359ca36d15d7aab9ef0c066e21ce48b26a069994d6602fa2cb9a1b952",
        family: ARABIC,
        bold: true,
    },
    File {
        name: "NotoSansThai-Regular.ttf",
        digest: "dfbd5ed0f1e68c3cbc51aa08f646d1ab0e68e7c4ceab70a69e465225ff701f93",
        family: THAI,
        bold: false,
    },
    File {
        name: "NotoSansThai-Bold.ttf",
        digest: "97bbc8ea98328325285f2f552228c7aac1db39d8f38f0096a61ba7df1f1f780e",
        family: THAI,
        bold: true,
    },
    File {
        name: "DroidSansFallbackFull.ttf",
        digest: "acb6440a713d880a13a21b468ba7cd43f5a2b2934972e51be791c880730777b8",
        family: HAN,
        bold: false,
    },
];

/// Why a file is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It can't be read.
    Unreadable,
    /// It is not the file that is named here.
    Altered,
}

/// A file that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name.
    pub file: &'static str,
    /// Why.
    pub missing: Missing,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.missing {
            Missing::Unreadable => "can't be read",
            Missing::Altered => "is not the font that was tested",
        };
        write!(f, "{}: {why}; drawn without it", self.file)
    }
}

/// The fonts that there are.
pub struct Fonts {
    pub(super) context: FontContext,
    /// Each file's bytes.
    faces: Vec<Blob<u8>>,
    families: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Fonts {
    /// Those of a directory.
    pub fn load(directory: &Path) -> Self {
        Self::read(|name| std::fs::read(directory.join(name)).ok())
    }

    /// None at all: the screen is drawn with the [few glyphs that are built
    /// in](crate::screen::built_in).
    pub fn none() -> Self {
        Self::read(|_| None)
    }

    fn read(mut file: impl FnMut(&str) -> Option<Vec<u8>>) -> Self {
        let options = CollectionOptions { shared: false, system_fonts: false };
        let context =
            FontContext { collection: Collection::new(options), source_cache: Default::default() };
        let mut fonts =
            Fonts { context, faces: Vec::new(), families: Vec::new(), problems: Vec::new() };
        for known in &FILES {
            let problem = match file(known.name) {
                None => Some(Missing::Unreadable),
                Some(bytes) if sign::sha256(&[&bytes]).to_string() != known.digest => {
                    Some(Missing::Altered)
                }
                Some(bytes) => {
                    fonts.add(known, bytes);
                    None
                }
            };
            let problem = problem.map(|missing| Problem { file: known.name, missing });
            fonts.problems.extend(problem);
        }
        fonts
    }

    fn add(&mut self, file: &File, bytes: Vec<u8>) {
        let face = Blob::new(Arc::new(bytes));
        let weight = if file.bold { FontWeight::BOLD } else { FontWeight::NORMAL };
        let named = FontInfoOverride {
            family_name: Some(file.family),
            weight: Some(weight),
            ..FontInfoOverride::default()
        };
        self.context.collection.register_fonts(face.clone(), Some(named));
        self.faces.push(face);
        if !self.families.contains(&file.family) {
            self.families.push(file.family);
        }
    }

    /// What is left out.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is what every language needs: digits and Latin letters.
    pub fn can_write(&self) -> bool {
        self.families.contains(&LATIN)
    }

    /// Whether a language can be written.
    pub fn can_write_in(&self, language: Language) -> bool {
        let family = match language.script() {
            Script::Latin | Script::Cyrillic => LATIN,
            Script::Devanagari => DEVANAGARI,
            Script::Arabic => ARABIC,
            Script::Thai => THAI,
            Script::Han => HAN,
        };
        self.can_write() && self.families.contains(&family)
    }

    /// The number of a file, by what the shaper calls it.
    pub(super) fn face_of(&self, id: u64) -> Option<usize> {
        self.faces.iter().position(|face| face.id() == id)
    }

    /// The bytes of a file.
    pub(super) fn face(&self, number: usize) -> Option<&[u8]> {
        self.faces.get(number).map(Blob::data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_altered_is_left_out_and_told() {
        let fonts = Fonts::read(|name| name.contains("Thai").then(|| b"no font".to_vec()));
        assert!(!fonts.can_write() && !fonts.can_write_in(Language::Thai));
        assert_eq!(fonts.problems().len(), FILES.len());
        for problem in fonts.problems() {
            let altered = problem.file.contains("Thai");
            assert_eq!(problem.missing == Missing::Altered, altered, "{problem}");
        }
    }

    #[test]
    fn digests_are_digests() {
        for file in &FILES {
            assert!(crate::hex::decode::<32>(file.digest).is_ok(), "{}", file.name);
            assert!(FAMILIES.contains(&file.family));
        }
    }
}
