//! A display, by the kernel's mode setting (KMS).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use drm::Device as _;
use drm::buffer::{Buffer, DrmFourcc};
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{
    ClipRect, Device as _, Mode, ModeTypeFlags, ResourceHandles, connector, crtc, framebuffer,
};
use paylatch::error::{Error, Kind, Result};
use paylatch::screen::pixmap::{Pixmap, Size};

/// Bits of a pixel, and of its colours.
const BITS: u32 = 32;
const DEPTH: u32 = 24;

struct Card(File);

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

/// A display that is connected, with a picture on it. Dropped, it is dark.
pub struct Kms {
    path: PathBuf,
    card: Card,
    output: Output,
    size: Size,
    buffer: DumbBuffer,
    frame: framebuffer::Handle,
    lit: bool,
}

/// Where a picture comes out, and how.
#[derive(Clone, Copy, PartialEq)]
struct Output {
    connector: connector::Handle,
    crtc: crtc::Handle,
    mode: Mode,
}

impl Kms {
    /// The first display that is connected to one of the graphics cards in `directory`.
    ///
    /// # Errors
    /// [`Kind::Io`]: there is none, another program has it, or it has a size that nothing
    /// can be read on.
    pub fn open(directory: &Path) -> Result<Kms> {
        let mut cards: Vec<PathBuf> = std::fs::read_dir(directory)
            .map_err(|error| Error::io(directory, &error))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("card"))
            })
            .collect();
        cards.sort();
        let mut failure = Error::new(Kind::Io, "no display is connected").of(directory.display());
        for path in cards {
            match Kms::of_card(&path) {
                Ok(Some(kms)) => return Ok(kms),
                Ok(None) => {}
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn of_card(path: &Path) -> Result<Option<Kms>> {
        let failed = |error: io::Error| Error::io(path, &error);
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        let card = Card(file);
        let Some(output) = output(&card).map_err(failed)? else { return Ok(None) };
        let (width, height) = output.mode.size();
        let size = Size::new(width.into(), height.into()).ok_or_else(|| {
            let what = format!("a display of {width} × {height} pixels can't be written on");
            Error::new(Kind::Io, what).of(path.display())
        })?;
        let pixels = (width.into(), height.into());
        let buffer = card.create_dumb_buffer(pixels, DrmFourcc::Xrgb8888, BITS).map_err(failed)?;
        let frame = card.add_framebuffer(&buffer, DEPTH, BITS).map_err(failed)?;
        let path = path.to_owned();
        Ok(Some(Kms { path, card, output, size, buffer, frame, lit: false }))
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Shows a picture of its [size](Kms::size).
    ///
    /// # Errors
    /// [`Kind::Io`]: another program has the display, or it is gone.
    pub fn show(&mut self, picture: &Pixmap) -> Result<()> {
        let path = &self.path;
        let failed = |error: io::Error| Error::io(path, &error);
        let pitch = self.buffer.pitch() as usize;
        {
            let mut mapped = self.card.map_dumb_buffer(&mut self.buffer).map_err(failed)?;
            for (to, from) in mapped.chunks_mut(pitch).zip(picture.rows()) {
                for (to, pixel) in to.chunks_exact_mut(size_of::<u32>()).zip(from) {
                    to.copy_from_slice(&pixel.to_le_bytes());
                }
            }
        }
        if !self.lit {
            let Output { connector, crtc, mode } = self.output;
            let lit = self.card.set_crtc(crtc, Some(self.frame), (0, 0), &[connector], Some(mode));
            lit.map_err(failed)?;
            self.lit = true;
        }
        let (width, height) = self.output.mode.size();
        // A card that reads the memory again and again need not be told, and can't be.
        let _ = self.card.dirty_framebuffer(self.frame, &[ClipRect::new(0, 0, width, height)]);
        Ok(())
    }

    /// Whether the display is still what it was when it was opened.
    pub fn is_there(&self) -> bool {
        output(&self.card).is_ok_and(|output| output == Some(self.output))
    }

    /// Lets other programs have the display. The picture stays until one does.
    pub fn let_go(&self) {
        // Whoever does not have it need not give it back.
        let _ = self.card.release_master_lock();
    }
}

/// The first output with a display, in the mode that the display prefers.
fn output(card: &Card) -> io::Result<Option<Output>> {
    let resources = card.resource_handles()?;
    for &connector in resources.connectors() {
        // Without a probe: the kernel notices by itself what is plugged in.
        let info = card.get_connector(connector, false)?;
        if info.state() != connector::State::Connected {
            continue;
        }
        let preferred = |mode: &&Mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED);
        let mode = info.modes().iter().find(preferred).or(info.modes().first());
        if let (Some(&mode), Some(crtc)) = (mode, crtc_of(card, &resources, &info)?) {
            return Ok(Some(Output { connector, crtc, mode }));
        }
    }
    Ok(None)
}

fn crtc_of(
    card: &Card,
    resources: &ResourceHandles,
    info: &connector::Info,
) -> io::Result<Option<crtc::Handle>> {
    for &encoder in info.current_encoder().iter().chain(info.encoders()) {
        let encoder = card.get_encoder(encoder)?;
        let possible = resources.filter_crtcs(encoder.possible_crtcs());
        if let Some(crtc) = encoder.crtc().or(possible.first().copied()) {
            return Ok(Some(crtc));
        }
    }
    Ok(None)
}
