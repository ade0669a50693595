//! What is in an image: sections with both their addresses, symbols, and its build id.

use std::fmt;
use std::ops::Range;

use object::elf::{self, FileHeader32};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind};
use thiserror::Error;

/// The section that holds the build id of an image.
pub const BUILD_ID_SECTION: &str = ".note.gnu.build-id";

/// The type of note that a build id is.
const NT_GNU_BUILD_ID: u32 = 3;

/// The parts of an ELF file that checks and benches need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// Its entry point, with the Thumb bit.
    pub entry: u32,
    /// Every section that takes memory, by address.
    pub sections: Vec<Section>,
    /// Every symbol with a name, by address.
    pub symbols: Vec<Symbol>,
    /// The mangled names in the debug information, those of inlined functions included.
    pub debug_names: Vec<String>,
    /// The build id, if it has one.
    pub build_id: Option<BuildId>,
}

/// A section that takes memory when the image runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where it is when the image runs.
    pub address: u32,
    /// Its length.
    pub bytes: u32,
    /// Where it is loaded from, if it is in the file.
    pub load_address: Option<u32>,
    /// Its content, if it is in the file.
    pub content: Vec<u8>,
}

impl Section {
    /// Its addresses when the image runs.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        let start = u64::from(self.address);
        start..start + u64::from(self.bytes)
    }

    /// The addresses it is loaded from.
    #[must_use]
    pub fn load_range(&self) -> Option<Range<u64>> {
        let start = u64::from(self.load_address?);
        Some(start..start + u64::from(self.bytes))
    }
}

/// A name for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The mangled name.
    pub name: String,
    /// Where it is, with the Thumb bit of functions.
    pub address: u32,
    /// Its length, 0 where that is not known.
    pub bytes: u32,
    /// Whether it is a function or an object, rather than a label.
    pub sized: bool,
}

impl Symbol {
    /// The demangled name, without the hash.
    #[must_use]
    pub fn readable(&self) -> String {
        format!("{:#}", rustc_demangle::demangle(&self.name))
    }
}

/// The build id of an image: a hash over its content, which the linker computes.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildId(pub Vec<u8>);

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The file is not an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ElfError {
    /// It is not a 32-bit ELF file, or damaged.
    #[error("not a 32-bit ELF file: {0}")]
    Format(String),
    /// It is for another machine.
    #[error("for ELF machine {0}: expected Arm ({arm})", arm = elf::EM_ARM)]
    Machine(u16),
}

impl From<object::Error> for ElfError {
    fn from(error: object::Error) -> Self {
        Self::Format(error.to_string())
    }
}

impl Elf {
    /// Reads an image.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ElfError> {
        let file = ElfFile::<FileHeader32<Endianness>>::parse(bytes)?;
        let endian = file.endian();
        let machine = file.elf_header().e_machine(endian);
        if machine != elf::EM_ARM {
            return Err(ElfError::Machine(machine));
        }
        let segments = Segments::of(&file);
        let mut sections = Vec::new();
        for section in file.sections() {
            let allocated = match section.flags() {
                SectionFlags::Elf { sh_flags } => sh_flags & u64::from(elf::SHF_ALLOC) != 0,
                _ => false,
            };
            if !allocated || section.size() == 0 {
                continue;
            }
            let address = word(section.address())?;
            let content = section.data()?.to_vec();
            sections.push(Section {
                name: section.name()?.to_owned(),
                address,
                bytes: word(section.size())?,
                load_address: match content.is_empty() {
                    true => None,
                    false => segments.load_address(address),
                },
                content,
            });
        }
        sections.sort_by_key(|section| section.address);
        let mut symbols = Vec::new();
        for symbol in file.symbols() {
            let name = symbol.name()?;
            let hidden = matches!(symbol.kind(), SymbolKind::Section | SymbolKind::File);
            // `$t`, `$d` and the like mark code and data for disassemblers.
            if name.is_empty() || name.starts_with('$') || hidden || symbol.is_undefined() {
                continue;
            }
            symbols.push(Symbol {
                name: name.to_owned(),
                address: word(symbol.address())?,
                bytes: word(symbol.size())?,
                sized: matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data),
            });
        }
        symbols.sort_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
        let build_id = sections
            .iter()
            .find(|section| section.name == BUILD_ID_SECTION)
            .and_then(|section| build_id(&section.content));
        Ok(Self {
            entry: word(file.entry())?,
            sections,
            symbols,
            debug_names: debug_names(&file)?,
            build_id,
        })
    }

    /// The section of this name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The section that holds this address when the image runs.
    #[must_use]
    pub fn section_at(&self, address: u32) -> Option<&Section> {
        let holds = |section: &&Section| section.range().contains(&u64::from(address));
        self.sections.iter().find(holds)
    }

    /// The symbol of this name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.name == name)
    }

    /// What is written to flash: each piece with its address, by address.
    #[must_use]
    pub fn loaded<'a>(&'a self) -> Vec<(u32, &'a [u8])> {
        let piece =
            |section: &'a Section| Some((section.load_address?, section.content.as_slice()));
        let mut loaded: Vec<_> = self.sections.iter().filter_map(piece).collect();
        loaded.sort_by_key(|(load, _)| *load);
        loaded
    }
}

/// Load segments: run addresses, and the load address of the first.
struct Segments(Vec<(Range<u32>, u32)>);

impl Segments {
    fn of(file: &ElfFile<'_, FileHeader32<Endianness>>) -> Self {
        let endian = file.endian();
        let load = file
            .elf_program_headers()
            .iter()
            .filter(|header| header.p_type(endian) == elf::PT_LOAD)
            .map(|header| {
                let start = header.p_vaddr(endian);
                let end = start.saturating_add(header.p_filesz(endian));
                (start..end, header.p_paddr(endian))
            })
            .collect();
        Self(load)
    }

    fn load_address(&self, address: u32) -> Option<u32> {
        let (range, load) = self.0.iter().find(|(range, _)| range.contains(&address))?;
        load.checked_add(address - range.start)
    }
}

/// The mangled names among the strings of the debug information.
fn debug_names(file: &ElfFile<'_, FileHeader32<Endianness>>) -> Result<Vec<String>, ElfError> {
    let Some(section) = file.section_by_name(".debug_str") else {
        return Ok(Vec::new());
    };
    let mut names: Vec<_> = section
        .data()?
        .split(|byte| *byte == 0)
        .filter(|name| {
            [&b"_R"[..], b"_ZN"]
                .iter()
                .any(|start| name.starts_with(start))
        })
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The build id in a note section.
fn build_id(note: &[u8]) -> Option<BuildId> {
    let word = |at: usize| {
        let bytes = note.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let (name_bytes, bytes, kind) = (word(0)?, word(4)?, word(8)?);
    if u32::try_from(kind) != Ok(NT_GNU_BUILD_ID) {
        return None;
    }
    let start = 12_usize.checked_add(name_bytes.checked_next_multiple_of(4)?)?;
    let id = note.get(start..start.checked_add(bytes)?)?;
    (!id.is_empty()).then(|| BuildId(id.to_vec()))
}

fn word(value: u64) -> Result<u32, ElfError> {
    u32::try_from(value).map_err(|_| ElfError::Format(format!("{value:#x} has more than 32 bits")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of an ELF file of 32 bits with nothing in it.
    fn head(machine: u16) -> Vec<u8> {
        let mut head = vec![0; 52];
        head[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        head[16] = 2;
        head[18..20].copy_from_slice(&machine.to_le_bytes());
        head[20] = 1;
        head[40] = 52;
        head
    }

    #[test]
    fn only_elf_files_for_arm_are_read() {
        assert!(Elf::parse(&head(elf::EM_ARM)).is_ok());
        assert_eq!(
            Elf::parse(&head(elf::EM_RISCV)),
            Err(ElfError::Machine(elf::EM_RISCV))
        );
        for bytes in [&b""[..], b"no", &head(elf::EM_ARM)[..51], &[0xff; 200]] {
            assert!(matches!(Elf::parse(bytes), Err(ElfError::Format(_))));
        }
    }

    #[test]
    fn a_build_id_is_read_whole_or_not_at_all() {
        let note = b"\x04\0\0\0\x02\0\0\0\x03\0\0\0GNU\0\xab\x01";
        let read = build_id(note);
        assert_eq!(read.map(|read| read.to_string()).as_deref(), Some("ab01"));
        for end in 0..note.len() {
            assert_eq!(build_id(&note[..end]), None);
        }
        let mut other = *note;
        other[8] = 1;
        assert_eq!(build_id(&other), None);
    }
}
