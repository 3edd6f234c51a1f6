//! The choice of the language.

use crate::screen::catalogue::Catalogue;
use crate::screen::icon::Icon;
use crate::screen::language::Language;
use crate::screen::page::{Block, Button, Look};
use crate::screen::state::Action;

/// Each by its own name; the one that is shown has a mark.
pub(crate) fn languages(catalogue: &Catalogue, blocks: &mut Vec<Block>) {
    for language in Language::ALL {
        let action = Action::Choose(language);
        let mut button = Button::new(action, language.name().to_owned(), Look::Plain);
        button.language = Some(language);
        if language == catalogue.language() {
            button = button.with(Icon::Check);
        }
        blocks.push(Block::Buttons(vec![button]));
        if language == Language::Arabic {
            blocks.push(Block::Beside);
        }
    }
}
