//! The compiled program: its segments, relocations and symbols.

use std::path::Path;

use object::read::elf::{ElfFile64, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _, RelocationTarget, elf};

/// Where it is loaded. Not 0, so that nothing is at the null pointer.
const BASE: u64 = 0x0100_0000;
/// The emulator's pages, in bytes.
const PAGE: u64 = 4096;

/// A program, loaded and relocated.
pub struct Program {
    /// Its segments, each from a page's beginning to a page's end.
    pub segments: Vec<Segment>,
    symbols: Vec<Symbol>,
}

/// A segment.
pub struct Segment {
    /// Of its first byte.
    pub address: u64,
    /// What it holds at first.
    pub bytes: Vec<u8>,
    /// Whether it is data, to be written; else it is code.
    pub writable: bool,
}

/// A function or an object.
struct Symbol {
    address: u64,
    size: u64,
    name: String,
}

impl Program {
    /// Loads an ELF file for aarch64.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn load(path: &Path) -> Result<Program, String> {
        let wrong = |what: &str| format!("{}: {what}; build it with `make chip`", path.display());
        let bytes = std::fs::read(path).map_err(|e| wrong(&e.to_string()))?;
        let file: ElfFile64 = ElfFile64::parse(&*bytes).map_err(|e| wrong(&e.to_string()))?;
        let mut segments = Vec::new();
        for header in file.elf_program_headers() {
            if header.p_type(Endianness::Little) != elf::PT_LOAD {
                continue;
            }
            let content = header.data(Endianness::Little, &*bytes);
            let content = content.map_err(|()| wrong("a segment is not in the file"))?;
            let begin = BASE + header.p_vaddr(Endianness::Little);
            let end = begin + header.p_memsz(Endianness::Little);
            let first = begin / PAGE * PAGE;
            let mut bytes = vec![0; (end.next_multiple_of(PAGE) - first) as usize];
            let at = (begin - first) as usize;
            bytes[at..at + content.len()].copy_from_slice(content);
            let writable = header.p_flags(Endianness::Little) & elf::PF_W != 0;
            segments.push(Segment { address: first, bytes, writable });
        }
        for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
            if relocation.target() != RelocationTarget::Absolute {
                return Err(wrong("a symbol is taken from elsewhere"));
            }
            let value = BASE + relocation.addend() as u64;
            let segment = segments.iter_mut().find(|segment| segment.holds(BASE + address));
            let segment = segment.ok_or_else(|| wrong("a relocation of nothing"))?;
            let at = (BASE + address - segment.address) as usize;
            segment.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        let symbols = file.symbols().filter(|symbol| symbol.size() > 0);
        let symbols = symbols.map(|symbol| Symbol {
            address: BASE + symbol.address(),
            size: symbol.size(),
            name: format!("{:#}", rustc_demangle::demangle(symbol.name().unwrap_or_default())),
        });
        Ok(Program { segments, symbols: symbols.collect() })
    }

    /// Address and size of what has this name.
    ///
    /// # Panics
    /// When the program has none.
    pub fn symbol(&self, name: &str) -> (u64, u64) {
        let symbol = self.symbols.iter().find(|symbol| symbol.name == name);
        let symbol = symbol.unwrap_or_else(|| panic!("the program has no symbol {name}"));
        (symbol.address, symbol.size)
    }

    /// The function that an address is in.
    pub fn function(&self, address: u64) -> &str {
        let holds =
            |symbol: &&Symbol| (symbol.address..symbol.address + symbol.size).contains(&address);
        self.symbols.iter().find(holds).map_or("?", |symbol| &symbol.name)
    }

    /// An address for a person: the function, and how far into it.
    pub fn place(&self, address: u64) -> String {
        let symbol = self
            .symbols
            .iter()
            .find(|symbol| (symbol.address..symbol.address + symbol.size).contains(&address));
        match symbol {
            Some(symbol) => {
                format!("{:x} ({} + {:#x})", address - BASE, symbol.name, address - symbol.address)
            }
            None => format!("{:x}", address.wrapping_sub(BASE)),
        }
    }
}

impl Segment {
    fn holds(&self, address: u64) -> bool {
        (self.address..self.address + self.bytes.len() as u64).contains(&address)
    }
}
