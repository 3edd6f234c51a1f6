//! The texts of a language, from its Fluent catalogue in `host/locales/`.

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::screen::language::Language;
use crate::words::largest_units;

/// The texts of one language; what it lacks is in English.
pub struct Catalogue {
    language: Language,
    /// The language's own, then English.
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl Catalogue {
    /// The texts of a language.
    pub fn new(language: Language) -> Self {
        let mut languages = vec![language];
        if language != Language::English {
            languages.push(Language::English);
        }
        Catalogue { language, bundles: languages.into_iter().map(bundle).collect() }
    }

    /// Whose texts these are.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text without variables.
    ///
    /// What no catalogue has is shown by its name.
    pub fn text(&self, id: &str) -> String {
        self.format(id, None)
    }

    fn format(&self, id: &str, arguments: Option<&FluentArgs>) -> String {
        let found = self.bundles.iter().find_map(|bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, arguments, &mut errors);
            errors.is_empty().then(|| text.into_owned())
        });
        found.unwrap_or_else(|| id.to_owned())
    }

    /// A span of time in its two largest units, rounded down: `3 days 4 hours`.
    ///
    /// Seconds are told below a minute only: a screen that shows more of them would be
    /// drawn anew each second.
    pub fn span(&self, seconds: u64) -> String {
        let mut units = largest_units(seconds)
            .enumerate()
            .filter(|&(place, (_, unit))| place == 0 || unit != "seconds")
            .map(|(_, (count, unit))| {
                let mut arguments = FluentArgs::new();
                arguments.set("count", count);
                self.format(unit, Some(&arguments))
            });
        let first = units.next().unwrap_or_default();
        let Some(second) = units.next() else { return first };
        let mut arguments = FluentArgs::new();
        arguments.set("first", Cow::from(first));
        arguments.set("second", Cow::from(second));
        self.format("span", Some(&arguments))
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new(vec![tag]);
    // What is put into a text is isolated: it can't turn the rest of the line around.
    bundle.set_use_isolating(true);
    // A test reads every catalogue without an error.
    let resource = FluentResource::try_new(language.source().to_owned());
    bundle.add_resource_overriding(resource.unwrap_or_else(|(resource, _)| resource));
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

    use super::*;

    type Variables = BTreeSet<String>;

    fn inline(expression: &InlineExpression<&str>, found: &mut Variables) {
        match expression {
            InlineExpression::VariableReference { id } => drop(found.insert(id.name.to_owned())),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::Placeable { expression } => expressions(expression, found),
            other => panic!("not used here: {other:?}"),
        }
    }

    fn expressions(expression: &Expression<&str>, found: &mut Variables) {
        match expression {
            Expression::Inline(expression) => inline(expression, found),
            Expression::Select { selector, variants } => {
                inline(selector, found);
                variants.iter().for_each(|variant| variables(&variant.value, found));
            }
        }
    }

    fn variables(pattern: &Pattern<&str>, found: &mut Variables) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                expressions(expression, found);
            }
        }
    }

    fn messages(language: Language) -> BTreeMap<String, Variables> {
        let resource = FluentResource::try_new(language.source().to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
        let mut messages = BTreeMap::new();
        for entry in resource.entries() {
            let Entry::Message(message) = entry else {
                assert!(!matches!(entry, Entry::Junk { .. }), "{language:?}: {entry:?}");
                continue;
            };
            assert!(message.attributes.is_empty(), "{language:?}: {}", message.id.name);
            let mut found = Variables::new();
            variables(message.value.as_ref().unwrap(), &mut found);
            let twice = messages.insert(message.id.name.to_owned(), found);
            assert_eq!(twice, None, "{language:?}: {} twice", message.id.name);
        }
        messages
    }

    #[test]
    fn every_catalogue_has_the_same_messages_and_variables() {
        let english = messages(Language::English);
        assert!(english.len() > 90);
        for language in Language::ALL {
            assert_eq!(messages(language), english, "{language:?}");
        }
    }

    #[test]
    fn every_message_formats_without_errors_in_its_own_language() {
        let ids = messages(Language::English);
        for language in Language::ALL {
            let bundle = bundle(language);
            for (id, variables) in &ids {
                for count in [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000] {
                    let mut arguments = FluentArgs::new();
                    for variable in variables {
                        arguments.set(variable.clone(), count);
                    }
                    let pattern = bundle.get_message(id).unwrap().value().unwrap();
                    let mut errors = Vec::new();
                    let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
                    assert!(errors.is_empty(), "{language:?}, {id}: {errors:?}");
                    assert!(!text.trim().is_empty() && !text.contains('{'), "{language:?}, {id}");
                    assert!(!text.contains('\n'), "{language:?}, {id}: a text is one line");
                }
            }
        }
    }

    /// Without the marks of isolation, which are not seen.
    fn seen(text: &str) -> String {
        text.chars().filter(|c| !matches!(c, '\u{2066}'..='\u{2069}')).collect()
    }

    #[test]
    fn spans_have_the_plurals_of_their_language() {
        let day = 86_400;
        for (language, seconds, words) in [
            (Language::English, 0, "0 seconds"),
            (Language::English, 59, "59 seconds"),
            (Language::English, 61, "1 minute"),
            (Language::English, 3 * day + 4 * 3_600 + 59, "3 days 4 hours"),
            (Language::English, 40 * day + 59, "40 days"),
            (Language::Spanish, day, "1 día"),
            (Language::Russian, day, "1 день"),
            (Language::Russian, 3 * day, "3 дня"),
            (Language::Russian, 11 * day, "11 дней"),
            (Language::Russian, 21 * day + 2 * 3_600, "21 день 2 часа"),
            (Language::Arabic, day, "يوم واحد"),
            (Language::Arabic, 2 * day, "يومان"),
            (Language::Arabic, 3 * day, "3 أيام"),
            (Language::Arabic, 11 * day, "11 يومًا"),
            (Language::Arabic, 100 * day, "100 يوم"),
            (Language::Swahili, 5 * day, "siku 5"),
            (Language::Chinese, 5 * day + 3_600, "5 天 1 小时"),
        ] {
            assert_eq!(seen(&Catalogue::new(language).span(seconds)), words, "{language:?}");
        }
    }

    #[test]
    fn what_is_missing_is_in_english_or_has_its_name() {
        let catalogue = Catalogue::new(Language::Thai);
        assert_eq!(catalogue.text("no-such-text"), "no-such-text");
        assert_eq!(catalogue.language(), Language::Thai);
        assert_ne!(
            catalogue.text("emergency"),
            Catalogue::new(Language::English).text("emergency")
        );
    }
}
