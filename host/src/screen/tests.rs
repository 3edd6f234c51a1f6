//! Every page in every language on many displays, with the real fonts: nothing is
//! clipped, overlaps or lacks a glyph, and keys reach everything.
//!
//! The fonts are those of `make -C qemu fonts`, or of the directory `PAYLATCH_FONTS`.

mod fixtures;
mod gallery;
mod keys;
mod layout;
mod lines;
mod missing;
mod pictures;
