//! Keys reach everything, fingers too, and nothing is drawn twice.

use super::fixtures::{SIZES, artist, locked, pages, size};
use crate::screen::Screen;
use crate::screen::facts::Facts;
use crate::screen::language::Language;
use crate::screen::state::{Action, Event, Outcome, Place, Said, State};

fn screen(facts: Facts, pixels: (u32, u32)) -> Screen {
    let state = State::new(Language::English);
    Screen::new(artist(), size(pixels), state, facts)
}

#[test]
fn keys_pass_every_button_and_all_that_is_written() {
    let mut artist = artist();
    for (name, begin, facts) in pages(Language::Russian) {
        for pixels in SIZES {
            let mut state = begin.clone();
            let shown = artist.arrange(&state, &facts, size(pixels));
            let mut left: Vec<_> = shown.focusable().map(|target| target.action).collect();
            let (mut seen, mut steps) = (0, 0);
            while !left.is_empty() {
                steps += 1;
                assert!(steps < 400, "{name} on {pixels:?}: {left:?} is never reached");
                let shown = artist.arrange(&state, &facts, size(pixels));
                assert!(shown.scroll <= seen, "{name} on {pixels:?}: something is passed over");
                seen = seen.max(shown.scroll + shown.view.height);
                let before = state.focus;
                state.take(Event::Next, &facts, &shown);
                let Some(focus) = state.focus.filter(|focus| Some(*focus) != before) else {
                    continue;
                };
                left.retain(|action| *action != focus);
                let shown = artist.arrange(&state, &facts, size(pixels));
                let target = shown.target(focus).unwrap();
                let sight = shown.in_sight(target);
                assert_eq!(sight.height, target.rect.height, "{name} on {pixels:?}: {focus:?}");
            }
            let shown = artist.arrange(&state, &facts, size(pixels));
            assert_eq!(state.focus, Some(Action::Emergency));
            assert_eq!(shown.scroll, shown.end(), "{name} on {pixels:?}");
        }
    }
}

#[test]
fn what_is_out_of_sight_is_not_pressed_but_shown() {
    let mut artist = artist();
    let (facts, pixels) = (locked(), size((240, 320)));
    let mut state = State::new(Language::English);
    state.focus = Some(Action::Languages);
    state.scroll = 1_000;
    for place in [Place::Main, Place::Languages] {
        let shown = artist.arrange(&state, &facts, pixels);
        assert_eq!(state.take(Event::Activate, &facts, &shown), Outcome::Nothing);
        assert_eq!((state.place, state.scroll), (place, 0));
    }
}

#[test]
fn the_emergency_button_is_one_key_away() {
    for (name, begin, facts) in pages(Language::Thai) {
        let mut artist = artist();
        let mut state = begin;
        for event in [Event::Previous, Event::Activate] {
            let shown = artist.arrange(&state, &facts, size((240, 320)));
            let outcome = state.take(event, &facts, &shown);
            if event == Event::Activate {
                assert_eq!(outcome, Outcome::Emergency, "{name}");
            }
        }
    }
}

#[test]
fn fingers_press_what_they_see_and_nothing_else() {
    let mut artist = artist();
    for (name, begin, facts) in pages(Language::Arabic) {
        for pixels in [(240, 320), (1080, 2340), (2340, 1080)] {
            let shown = artist.arrange(&begin, &facts, size(pixels));
            for target in shown.targets() {
                let sight = shown.in_sight(target);
                if sight.is_empty() {
                    continue;
                }
                let (x, y) = (sight.x + sight.width / 2, sight.y + sight.height / 2);
                assert_eq!(shown.target_at(x, y), Some(target), "{name} on {pixels:?}");
            }
            assert_eq!(shown.target_at(-1, 5), None);
            assert_eq!(shown.target_at(5, shown.size.height()), None);
        }
    }
}

#[test]
fn it_is_drawn_anew_only_when_it_looks_different() {
    let mut screen = screen(locked(), (480, 854));
    assert!(screen.picture().is_some());
    assert!(screen.picture().is_none());
    let mut later = locked();
    later.status.uptime += 60;
    later.locked_for = later.locked_for.map(|seconds| seconds + 60);
    screen.tell(later.clone());
    assert!(screen.picture().is_none(), "a minute does not show in days and hours");
    later.locked_for = later.locked_for.map(|seconds| seconds + 3_600);
    screen.tell(later);
    assert!(screen.picture().is_some());
    assert_eq!(screen.take(Event::Touch(0, 0)), Outcome::Nothing);
    assert_eq!(screen.take(Event::Digit(5)), Outcome::Nothing);
    assert!(screen.picture().is_none());
    screen.take(Event::Next);
    assert!(screen.picture().is_some());
}

#[test]
fn the_amount_is_hidden_until_it_is_asked_for_and_again_afterwards() {
    let mut artist = artist();
    let mut state = State::new(Language::English);
    let facts = locked();
    let amount = |state: &State| {
        let catalogue = crate::screen::catalogue::Catalogue::new(Language::English);
        format!("{:?}", crate::screen::page::page(state, &facts, &catalogue)).contains("42.00")
    };
    assert!(!amount(&state));
    state.focus = Some(Action::Amount);
    let shown = artist.arrange(&state, &facts, size((480, 8_000)));
    state.take(Event::Activate, &facts, &shown);
    assert!(amount(&state));
    state.focus = Some(Action::Languages);
    state.take(Event::Activate, &facts, &shown);
    assert_eq!(state.place, Place::Languages);
    state.take(Event::Escape, &facts, &shown);
    assert!(!amount(&state));
}

#[test]
fn a_code_is_typed_with_keys_and_tried_once_it_is_whole() {
    let mut screen = screen(locked(), (480, 854));
    let press = |screen: &mut Screen, wanted: Action| {
        for _ in 0..200 {
            if screen.state().focus == Some(wanted) {
                return screen.take(Event::Activate);
            }
            screen.take(Event::Next);
        }
        panic!("{wanted:?} is never reached");
    };
    press(&mut screen, Action::EnterCode);
    assert_eq!(screen.state().place, Place::Code);
    for digit in [1, 2, 3, 4, 5, 9] {
        press(&mut screen, Action::Digit(digit));
    }
    for digit in [7, 8, 9, 0, 1, 1] {
        screen.take(Event::Digit(digit));
    }
    assert_eq!(screen.state().code(&locked()), None, "the second group has a slip");
    screen.take(Event::Backspace);
    screen.take(Event::Digit(6));
    assert_eq!(screen.state().focus, Some(Action::Send));
    assert_eq!(screen.take(Event::Activate), Outcome::Code([123_459, 789_016]));
    screen.code_was_wrong();
    assert!(screen.state().wrong);
    screen.take(Event::Digit(1));
    assert!(!screen.state().wrong);
}

#[test]
fn what_is_said_is_in_sight_until_the_owner_goes_on() {
    let mut artist = artist();
    let facts = locked();
    for pixels in [(240, 320), (1080, 2340)] {
        for said in [Said::Calling, Said::NotCalled, Said::NotTaken, Said::NotOff, Said::NotReady] {
            let silent = State { scroll: 500, ..State::new(Language::Hindi) };
            let mut state = silent.clone();
            state.say(said);
            let shown = artist.arrange(&state, &facts, size(pixels));
            let silent = State { scroll: 0, ..silent };
            assert_ne!(shown, artist.arrange(&silent, &facts, size(pixels)), "{said:?}");
            assert_eq!(shown.scroll, 0);
            state.take(Event::Next, &facts, &shown);
            assert_eq!(state.said, None);
        }
    }
}

#[test]
fn who_was_locked_out_is_thanked_and_what_was_begun_is_over() {
    let mut screen = screen(locked(), (480, 854));
    screen.take(Event::Digit(1));
    screen.take(Event::Scroll(300));
    let until = pages(Language::English).remove(9).2;
    screen.tell(until.clone());
    assert!(screen.state().thanks && screen.state().scroll == 0);
    assert_eq!(screen.take(Event::Previous), Outcome::Nothing);
    screen.tell(locked());
    assert!(!screen.state().thanks && screen.state().focus.is_none());
    screen.tell(Facts::unknown());
    screen.tell(until);
    assert!(!screen.state().thanks, "a fault that is over is no unlock");
}

#[test]
fn no_code_is_tried_while_there_is_a_wait_or_where_none_is_taken() {
    let (_, mut state, facts) = pages(Language::English).remove(6);
    "123459789016".bytes().for_each(|digit| state.typed.push(digit - b'0'));
    assert!(state.typed.whole().is_some());
    assert_eq!(state.code(&facts), None);
    let mut forbidden = locked();
    if let Some(enrolment) = &mut forbidden.status.enrolment {
        enrolment.hotline = None;
    }
    assert_eq!(state.code(&forbidden), None);
    assert_eq!(state.place(&forbidden), Place::Main);
}
