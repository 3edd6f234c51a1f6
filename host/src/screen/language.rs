//! The languages that the screen speaks.

/// A language with a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, and what stands where another one is missing.
    English,
    /// Spanish.
    Spanish,
    /// Hindi.
    Hindi,
    /// Swahili.
    Swahili,
    /// Arabic.
    Arabic,
    /// Indonesian.
    Indonesian,
    /// Russian.
    Russian,
    /// Thai.
    Thai,
    /// Chinese, simplified.
    Chinese,
}

/// What a language is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Latin.
    Latin,
    /// Cyrillic.
    Cyrillic,
    /// Devanagari.
    Devanagari,
    /// Arabic.
    Arabic,
    /// Thai.
    Thai,
    /// Han.
    Han,
}

impl Language {
    /// All languages, as they are listed on the screen.
    pub const ALL: [Language; 9] = [
        Language::English,
        Language::Spanish,
        Language::Hindi,
        Language::Swahili,
        Language::Arabic,
        Language::Indonesian,
        Language::Russian,
        Language::Thai,
        Language::Chinese,
    ];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
            Language::Hindi => "hi",
            Language::Swahili => "sw",
            Language::Arabic => "ar",
            Language::Indonesian => "id",
            Language::Russian => "ru",
            Language::Thai => "th",
            Language::Chinese => "zh",
        }
    }

    /// The language of a tag, by what it begins with: `es-MX` is Spanish.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let begin = tag.split(['-', '_']).next().unwrap_or_default();
        let known = |language: &Language| begin.eq_ignore_ascii_case(language.tag());
        Language::ALL.into_iter().find(known)
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Español",
            Language::Hindi => "हिन्दी",
            Language::Swahili => "Kiswahili",
            Language::Arabic => "العربية",
            Language::Indonesian => "Bahasa Indonesia",
            Language::Russian => "Русский",
            Language::Thai => "ไทย",
            Language::Chinese => "简体中文",
        }
    }

    /// What it is written with.
    pub const fn script(self) -> Script {
        match self {
            Language::English | Language::Spanish | Language::Swahili | Language::Indonesian => {
                Script::Latin
            }
            Language::Hindi => Script::Devanagari,
            Language::Arabic => Script::Arabic,
            Language::Russian => Script::Cyrillic,
            Language::Thai => Script::Thai,
            Language::Chinese => Script::Han,
        }
    }

    /// Whether it is written from right to left.
    pub const fn is_rtl(self) -> bool {
        matches!(self.script(), Script::Arabic)
    }

    /// Its catalogue.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Language::English => include_str!("../../locales/en.ftl"),
            Language::Spanish => include_str!("../../locales/es.ftl"),
            Language::Hindi => include_str!("../../locales/hi.ftl"),
            Language::Swahili => include_str!("../../locales/sw.ftl"),
            Language::Arabic => include_str!("../../locales/ar.ftl"),
            Language::Indonesian => include_str!("../../locales/id.ftl"),
            Language::Russian => include_str!("../../locales/ru.ftl"),
            Language::Thai => include_str!("../../locales/th.ftl"),
            Language::Chinese => include_str!("../../locales/zh.ftl"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_find_their_language() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::from_tag("ES-mx"), Some(Language::Spanish));
        assert_eq!(Language::from_tag("zh-Hans-CN"), Some(Language::Chinese));
        assert_eq!(Language::from_tag("esperanto"), None);
        assert_eq!(Language::from_tag(""), None);
    }
}
