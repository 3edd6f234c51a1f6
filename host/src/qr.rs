//! Reading a QR code in a picture: what a shop shows, photographed.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, ImageReader, Limits};
use rqrr::PreparedImage;

use crate::error::{Error, Kind, Result};

/// The most that a picture file has, in bytes: a photograph of 50 million pixels has less.
pub const MOST: u64 = 32 * 1024 * 1024;
/// The greatest width and height of a picture, in pixels.
const SIDE: u32 = 16_384;
/// The most memory that reading one takes, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;
/// What is larger is looked at smaller, in pixels of width or height: a code that fills a
/// tenth of it still has several for each of its modules.
const ENOUGH: u32 = 2048;

const NOTHING_FOUND: &str = "no QR code can be read in the picture: take it again, from the \
    front, with all of the code in it, in focus and in good light";

/// Whether these are the first bytes of a picture of a kind that is read: PNG or JPEG.
pub fn is_picture(bytes: &[u8]) -> bool {
    format(bytes).is_some()
}

fn format(bytes: &[u8]) -> Option<ImageFormat> {
    let format = image::guess_format(bytes).ok()?;
    matches!(format, ImageFormat::Png | ImageFormat::Jpeg).then_some(format)
}

/// The texts of the QR codes in a picture, each once; at least one.
///
/// # Errors
/// [`Kind::Input`]: it is no picture, it is too large, or no code in it can be read.
pub fn read(bytes: &[u8]) -> Result<Vec<String>> {
    let picture = decode(bytes)?;
    let mut texts = Vec::new();
    // A code in the whole picture, or one that is in focus only where there are fewer pixels.
    for picture in sizes(picture) {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.into_raw();
        let mut prepared = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
        });
        for grid in prepared.detect_grids() {
            if let Ok((_, text)) = grid.decode()
                && !texts.contains(&text)
            {
                texts.push(text);
            }
        }
        if !texts.is_empty() {
            return Ok(texts);
        }
    }
    Err(Error::new(Kind::Input, NOTHING_FOUND))
}

fn decode(bytes: &[u8]) -> Result<GrayImage> {
    let unreadable =
        |_| Error::new(Kind::Input, "the picture is broken, or too large: send it again");
    let format = format(bytes)
        .ok_or_else(|| Error::new(Kind::Input, "no picture: PNG and JPEG are read"))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    Ok(reader.decode().map_err(unreadable)?.into_luma8())
}

/// The picture no larger than is of use, and at half of that.
fn sizes(picture: GrayImage) -> Vec<GrayImage> {
    let longest = picture.width().max(picture.height());
    let shrunk = |to: u32| {
        let side = |pixels: u32| {
            let shrunk = u64::from(pixels) * u64::from(to) / u64::from(longest.max(1));
            u32::try_from(shrunk.max(1)).unwrap_or(pixels)
        };
        image::imageops::thumbnail(&picture, side(picture.width()), side(picture.height()))
    };
    if longest <= ENOUGH {
        let half = shrunk(longest / 2);
        vec![picture, half]
    } else {
        let (first, half) = (shrunk(ENOUGH), shrunk(ENOUGH / 2));
        vec![first, half]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, Luma};
    use qrcode::{EcLevel, QrCode};

    const TEXT: &str = "PAYLATCH1:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    fn code(text: &str, pixels: u32, border: u32) -> GrayImage {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let (modules, colours) = (code.width() as u32, code.to_colors());
        let side = modules * pixels + 2 * border;
        GrayImage::from_fn(side, side, |x, y| {
            let module = |at: u32| at.checked_sub(border).map(|at| at / pixels);
            let dark = match (module(x), module(y)) {
                (Some(x), Some(y)) if x < modules && y < modules => {
                    colours[(y * modules + x) as usize] == qrcode::Color::Dark
                }
                _ => false,
            };
            Luma([if dark { 30 } else { 220 }])
        })
    }

    fn file(picture: GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_code_is_read_from_either_kind_of_picture() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            for pixels in [3, 8, 40] {
                let bytes = file(code(TEXT, pixels, 4 * pixels), format);
                assert!(is_picture(&bytes));
                assert_eq!(read(&bytes).unwrap(), [TEXT], "{format:?}, {pixels}");
            }
        }
    }

    #[test]
    fn a_code_is_read_turned_and_in_a_corner() {
        let mut picture = GrayImage::from_pixel(900, 1200, Luma([140]));
        image::imageops::overlay(&mut picture, &code(TEXT, 6, 24), 500, 700);
        for picture in [image::imageops::rotate90(&picture), image::imageops::rotate180(&picture)] {
            assert_eq!(read(&file(picture, ImageFormat::Png)).unwrap(), [TEXT]);
        }
    }

    #[test]
    fn what_is_no_code_is_said() {
        let empty = file(GrayImage::from_pixel(300, 300, Luma([200])), ImageFormat::Png);
        assert_eq!(read(&empty).unwrap_err().kind(), Kind::Input);
        let mut broken = file(code(TEXT, 4, 16), ImageFormat::Png);
        broken.truncate(200);
        assert!(read(&broken).unwrap_err().to_string().contains("is broken"));
        assert!(!is_picture(TEXT.as_bytes()));
        assert!(read(TEXT.as_bytes()).unwrap_err().to_string().contains("PNG and JPEG"));
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_takes_no_memory() {
        // A PNG's header with a width and a height of 2^31 - 1, and nothing behind it.
        let mut bytes =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\0\0\0\0".to_vec();
        bytes.extend([0; 64]);
        assert_eq!(read(&bytes).unwrap_err().kind(), Kind::Input);
    }
}
