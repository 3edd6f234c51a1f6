//! What a page consists of: words, values and buttons in their order. Where they stand
//! is the [arrangement](crate::screen::arrange)'s.

use crate::screen::catalogue::Catalogue;
use crate::screen::facts::Facts;
use crate::screen::icon::Icon;
use crate::screen::language::Language;
use crate::screen::pages;
use crate::screen::palette::Ink;
use crate::screen::state::{Action, Place, State};

/// A value of the record or of the lock, by how it has to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// In the language of the page.
    Words(String),
    /// A name: it runs as its own letters do.
    Name(String),
    /// Words of the lender's, in the language with this tag.
    Note(String, String),
    /// Digits and the like: from left to right, in one line, never broken.
    Number(String),
    /// Where to pay: from left to right, broken anywhere.
    Address(String),
}

/// What a button looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What is most likely to be done next.
    Main,
    /// Another one.
    Plain,
    /// A small one beside others.
    Small,
    /// A key of the keypad.
    Key,
    /// The emergency button.
    Emergency,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it does; nothing, if not `enabled`.
    pub action: Action,
    /// What it says.
    pub text: String,
    /// A picture before the words.
    pub icon: Option<Icon>,
    /// What it looks like.
    pub look: Look,
    /// Whether it can be pressed.
    pub enabled: bool,
    /// What its words are in, where that is not the page's.
    pub language: Option<Language>,
}

impl Button {
    /// A button that can be pressed.
    pub fn new(action: Action, text: String, look: Look) -> Self {
        Button { action, text, icon: None, look, enabled: true, language: None }
    }

    /// With a picture.
    #[must_use]
    pub fn with(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }
}

/// A code as far as it is typed: two groups of digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// The digits of each group that were typed.
    pub groups: [Vec<u8>; 2],
    /// How many there are to be in each.
    pub count: usize,
    /// The group that the next digit goes to.
    pub next: Option<usize>,
}

/// Words behind a picture.
pub type Mark = (Icon, Ink, String);

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// What the page says in short.
    Title(Icon, String),
    /// What the next blocks are about.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A remark.
    Quiet(String),
    /// Words behind a picture.
    Mark(Mark),
    /// One of several such words; they take the same room, so that nothing moves below.
    OneOf(usize, Vec<Mark>),
    /// An entry of a list.
    Item(String),
    /// A value and what it is.
    Fact(String, Value),
    /// A value alone.
    Value(Value),
    /// Buttons beside each other, or below each other where that is too narrow.
    Buttons(Vec<Button>),
    /// The QR code of a text.
    QrCode(String),
    /// A code as far as it is typed.
    Cells(Cells),
    /// Keys for the digits, and one that takes the last one back.
    Keypad,
    /// The rest stands beside this, where the display is wide.
    Beside,
}

/// A whole page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What can be scrolled.
    pub blocks: Vec<Block>,
    /// What stays in sight below: the emergency button last.
    pub bar: Vec<Button>,
}

/// The page of a state.
pub fn page(state: &State, facts: &Facts, catalogue: &Catalogue) -> Page {
    let place = state.place(facts);
    let mut blocks = vec![pages::header(place, state, catalogue)];
    blocks.extend(state.said.map(|said| pages::said(said, catalogue)));
    match place {
        Place::Main => pages::main(state, facts, catalogue, &mut blocks),
        Place::Languages => pages::languages(catalogue, &mut blocks),
        Place::Code => pages::code(state, facts, catalogue, &mut blocks),
    }
    let text = |id| catalogue.text(id);
    let mut bar = Vec::new();
    if place == Place::Main && facts.status.state.usable() {
        bar.push(Button::new(Action::Continue, text("continue"), Look::Main));
    }
    bar.push(Button::new(Action::Emergency, text("emergency"), Look::Emergency));
    Page { blocks, bar }
}
