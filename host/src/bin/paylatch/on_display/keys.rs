//! What keys and fingers mean on the screen.

use evdev::{AbsoluteAxisCode, EventSummary, InputEvent, KeyCode, SynchronizationCode};
use paylatch::screen::pixmap::Size;
use paylatch::screen::state::Event;

/// Where on the display, in parts of its width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    pub x: f32,
    pub y: f32,
}

/// What the owner did, on a display of any size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    Key(Event),
    Tap(Place),
    /// The page was pushed up by this part of the height.
    Push(f32),
}

impl Input {
    /// The same on a display of this size.
    pub fn on(self, size: Size) -> Event {
        let pixels = |part: f32, whole: i32| (part * whole as f32) as i32;
        match self {
            Input::Key(event) => event,
            Input::Tap(place) => {
                Event::Touch(pixels(place.x, size.width()), pixels(place.y, size.height()))
            }
            Input::Push(part) => Event::Scroll(pixels(part, size.height())),
        }
    }
}

/// The least and the greatest value of an axis.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    pub least: i32,
    pub greatest: i32,
}

impl Axis {
    /// From 0 to just below 1.
    fn part(self, value: i32) -> f32 {
        let length = (i64::from(self.greatest) - i64::from(self.least) + 1).max(1) as f32;
        let along = (i64::from(value) - i64::from(self.least)) as f32;
        (along / length).clamp(0.0, 1.0 - f32::EPSILON)
    }
}

/// How far a finger moves before it pushes, as a part of the height: less is a tap.
const PUSHES: f32 = 0.02;

/// Makes sense of what an input device reports.
pub struct Reader {
    axes: Option<[Axis; 2]>,
    shift: bool,
    finger: Place,
    down: bool,
    /// Where the finger came down, and where it last pushed from.
    began: Option<(Place, Option<f32>)>,
    /// The one of several fingers that is spoken of.
    slot: i32,
}

impl Reader {
    /// Of a device with these axes across and along the display, if it has any.
    pub fn new(axes: Option<[Axis; 2]>) -> Self {
        let finger = Place::default();
        Reader { axes, shift: false, finger, down: false, began: None, slot: 0 }
    }

    /// What the owner did with this, if it is anything.
    pub fn read(&mut self, event: InputEvent) -> Option<Input> {
        match event.destructure() {
            EventSummary::Key(_, KeyCode::BTN_TOUCH | KeyCode::BTN_LEFT, value) => {
                self.down = value != 0;
            }
            EventSummary::Key(_, code, value) => return self.key(code, value).map(Input::Key),
            EventSummary::AbsoluteAxis(_, axis, value) => self.axis(axis, value),
            EventSummary::Synchronization(_, SynchronizationCode::SYN_REPORT, _) => {
                return self.moved();
            }
            _ => {}
        }
        None
    }

    fn key(&mut self, code: KeyCode, value: i32) -> Option<Event> {
        let pressed = value == 1;
        // A key that is held repeats what moves and types, and presses once.
        let repeats = value == 2;
        let event = match code {
            KeyCode::KEY_LEFTSHIFT | KeyCode::KEY_RIGHTSHIFT => {
                self.shift = value != 0;
                return None;
            }
            KeyCode::KEY_TAB if self.shift => Event::Previous,
            KeyCode::KEY_TAB | KeyCode::KEY_DOWN | KeyCode::KEY_RIGHT | KeyCode::KEY_VOLUMEDOWN => {
                Event::Next
            }
            KeyCode::KEY_UP | KeyCode::KEY_LEFT | KeyCode::KEY_VOLUMEUP => Event::Previous,
            KeyCode::KEY_BACKSPACE | KeyCode::KEY_DELETE => Event::Backspace,
            KeyCode::KEY_ENTER
            | KeyCode::KEY_KPENTER
            | KeyCode::KEY_SPACE
            | KeyCode::KEY_SELECT
            | KeyCode::KEY_OK
            | KeyCode::KEY_POWER => return pressed.then_some(Event::Activate),
            KeyCode::KEY_ESC | KeyCode::KEY_BACK => return pressed.then_some(Event::Escape),
            code => Event::Digit(digit(code)?),
        };
        (pressed || repeats).then_some(event)
    }

    fn axis(&mut self, axis: AbsoluteAxisCode, value: i32) {
        let Some([across, along]) = self.axes else { return };
        match axis {
            AbsoluteAxisCode::ABS_MT_SLOT => self.slot = value,
            // A second finger does nothing.
            _ if self.slot != 0 => {}
            AbsoluteAxisCode::ABS_MT_TRACKING_ID => self.down = value >= 0,
            AbsoluteAxisCode::ABS_X | AbsoluteAxisCode::ABS_MT_POSITION_X => {
                self.finger.x = across.part(value);
            }
            AbsoluteAxisCode::ABS_Y | AbsoluteAxisCode::ABS_MT_POSITION_Y => {
                self.finger.y = along.part(value);
            }
            _ => {}
        }
    }

    fn moved(&mut self) -> Option<Input> {
        let here = self.finger;
        match (self.down, self.began) {
            (true, None) => self.began = Some((here, None)),
            (true, Some((began, pushed))) => {
                let from = pushed.unwrap_or(began.y);
                if pushed.is_some() || (here.y - began.y).abs() > PUSHES {
                    self.began = Some((began, Some(here.y)));
                    return (here.y != from).then_some(Input::Push(from - here.y));
                }
            }
            (false, Some((began, pushed))) => {
                self.began = None;
                return pushed.is_none().then_some(Input::Tap(began));
            }
            (false, None) => {}
        }
        None
    }
}

fn digit(code: KeyCode) -> Option<u8> {
    // In the order of the digits.
    const ROW: [KeyCode; 10] = [
        KeyCode::KEY_0,
        KeyCode::KEY_1,
        KeyCode::KEY_2,
        KeyCode::KEY_3,
        KeyCode::KEY_4,
        KeyCode::KEY_5,
        KeyCode::KEY_6,
        KeyCode::KEY_7,
        KeyCode::KEY_8,
        KeyCode::KEY_9,
    ];
    const PAD: [KeyCode; 10] = [
        KeyCode::KEY_KP0,
        KeyCode::KEY_KP1,
        KeyCode::KEY_KP2,
        KeyCode::KEY_KP3,
        KeyCode::KEY_KP4,
        KeyCode::KEY_KP5,
        KeyCode::KEY_KP6,
        KeyCode::KEY_KP7,
        KeyCode::KEY_KP8,
        KeyCode::KEY_KP9,
    ];
    const PHONE: [KeyCode; 10] = [
        KeyCode::KEY_NUMERIC_0,
        KeyCode::KEY_NUMERIC_1,
        KeyCode::KEY_NUMERIC_2,
        KeyCode::KEY_NUMERIC_3,
        KeyCode::KEY_NUMERIC_4,
        KeyCode::KEY_NUMERIC_5,
        KeyCode::KEY_NUMERIC_6,
        KeyCode::KEY_NUMERIC_7,
        KeyCode::KEY_NUMERIC_8,
        KeyCode::KEY_NUMERIC_9,
    ];
    let place = [ROW, PAD, PHONE].iter().find_map(|keys| keys.iter().position(|&key| key == code));
    place.and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use evdev::EventType;

    fn reader() -> Reader {
        Reader::new(Some([Axis { least: 0, greatest: 32_767 }; 2]))
    }

    fn key(reader: &mut Reader, code: KeyCode, value: i32) -> Option<Input> {
        reader.read(InputEvent::new(EventType::KEY.0, code.code(), value))
    }

    fn report(reader: &mut Reader, axes: &[(AbsoluteAxisCode, i32)]) -> Option<Input> {
        for &(axis, value) in axes {
            assert_eq!(reader.read(InputEvent::new(EventType::ABSOLUTE.0, axis.0, value)), None);
        }
        let report = SynchronizationCode::SYN_REPORT;
        reader.read(InputEvent::new(EventType::SYNCHRONIZATION.0, report.0, 0))
    }

    #[test]
    fn keys_have_their_meaning() {
        let mut reader = reader();
        for (code, event) in [
            (KeyCode::KEY_TAB, Event::Next),
            (KeyCode::KEY_VOLUMEDOWN, Event::Next),
            (KeyCode::KEY_UP, Event::Previous),
            (KeyCode::KEY_POWER, Event::Activate),
            (KeyCode::KEY_ESC, Event::Escape),
            (KeyCode::KEY_BACKSPACE, Event::Backspace),
            (KeyCode::KEY_0, Event::Digit(0)),
            (KeyCode::KEY_KP7, Event::Digit(7)),
            (KeyCode::KEY_NUMERIC_9, Event::Digit(9)),
        ] {
            assert_eq!(key(&mut reader, code, 1), Some(Input::Key(event)), "{code:?}");
            assert_eq!(key(&mut reader, code, 0), None, "{code:?}");
        }
        assert_eq!(key(&mut reader, KeyCode::KEY_A, 1), None);
    }

    #[test]
    fn a_key_that_is_held_moves_on_and_presses_once() {
        let mut reader = reader();
        assert_eq!(key(&mut reader, KeyCode::KEY_DOWN, 2), Some(Input::Key(Event::Next)));
        assert_eq!(key(&mut reader, KeyCode::KEY_ENTER, 2), None);
        key(&mut reader, KeyCode::KEY_LEFTSHIFT, 1);
        assert_eq!(key(&mut reader, KeyCode::KEY_TAB, 1), Some(Input::Key(Event::Previous)));
        key(&mut reader, KeyCode::KEY_LEFTSHIFT, 0);
        assert_eq!(key(&mut reader, KeyCode::KEY_TAB, 1), Some(Input::Key(Event::Next)));
    }

    #[test]
    fn a_finger_taps_where_it_came_down_or_pushes_the_page() {
        use AbsoluteAxisCode as Abs;
        let mut reader = reader();
        let down = [
            (Abs::ABS_MT_TRACKING_ID, 5),
            (Abs::ABS_MT_POSITION_X, 16_384),
            (Abs::ABS_MT_POSITION_Y, 8_192),
        ];
        assert_eq!(report(&mut reader, &down), None);
        // A finger trembles, and another one comes by.
        assert_eq!(report(&mut reader, &[(Abs::ABS_MT_POSITION_Y, 8_300)]), None);
        let other = [(Abs::ABS_MT_SLOT, 1), (Abs::ABS_MT_POSITION_Y, 0), (Abs::ABS_MT_SLOT, 0)];
        assert_eq!(report(&mut reader, &other), None);
        let tap = Input::Tap(Place { x: 0.5, y: 0.25 });
        assert_eq!(report(&mut reader, &[(Abs::ABS_MT_TRACKING_ID, -1)]), Some(tap));
        let size = Size::new(480, 800).unwrap();
        assert_eq!(tap.on(size), Event::Touch(240, 200));

        report(&mut reader, &down);
        let push = report(&mut reader, &[(Abs::ABS_MT_POSITION_Y, 4_096)]);
        assert_eq!(push, Some(Input::Push(0.125)));
        assert_eq!(push.unwrap().on(size), Event::Scroll(100));
        assert_eq!(report(&mut reader, &[(Abs::ABS_MT_TRACKING_ID, -1)]), None);
    }

    #[test]
    fn the_last_pixel_is_on_the_display() {
        let mut reader = reader();
        reader.finger.x = Axis { least: 0, greatest: 32_767 }.part(32_767);
        let Event::Touch(x, _) = Input::Tap(reader.finger).on(Size::new(480, 800).unwrap()) else {
            panic!("a tap is a touch");
        };
        assert_eq!(x, 479);
        assert_eq!(Axis { least: 5, greatest: 5 }.part(5), 0.0);
        assert_eq!(Axis { least: 0, greatest: 9 }.part(-3), 0.0);
        assert!(Axis { least: i32::MIN, greatest: i32::MAX }.part(i32::MAX) < 1.0);
    }
}
