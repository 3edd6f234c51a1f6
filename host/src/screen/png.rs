//! A picture as a file.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder};

use crate::error::{Error, Kind, Result};
use crate::screen::palette::Colour;
use crate::screen::pixmap::Pixmap;

/// Writes a picture as PNG, eight bits a channel.
///
/// # Errors
/// [`Kind::Io`] when the writer fails.
pub fn write(picture: &Pixmap, to: impl Write) -> Result<()> {
    let failed = |error| Error::new(Kind::Io, format!("writing the picture: {error}"));
    let size = picture.size();
    let side = |pixels: i32| pixels.unsigned_abs();
    let mut encoder = Encoder::new(to, side(size.width()), side(size.height()));
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    let bytes: Vec<u8> =
        picture.pixels().iter().flat_map(|&pixel| Colour(pixel).channels()).collect();
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&bytes).map_err(failed)?;
    writer.finish().map_err(failed)
}
