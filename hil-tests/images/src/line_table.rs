//! The line table of an image: which line of the sources an address comes from.

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use addr2line::{Context, Location};
use object::{Object, ObjectSection};

use crate::build::PROJECT_ROOT;

/// The debug information of an image, as far as lines go.
pub struct LineTable<'i>(Context<EndianSlice<'i, LittleEndian>>);

impl<'i> LineTable<'i> {
    /// Reads the ELF file of an image; `None` where it has no debug information.
    #[must_use]
    pub fn parse(image: &'i [u8]) -> Option<Self> {
        let file = object::File::parse(image).ok()?;
        let section = |id: addr2line::gimli::SectionId| -> Result<_, addr2line::gimli::Error> {
            let section = file.section_by_name(id.name());
            let bytes = section.and_then(|section| section.data().ok());
            Ok(EndianSlice::new(bytes.unwrap_or_default(), LittleEndian))
        };
        let context = Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
        Some(Self(context))
    }

    /// The file and the line of an instruction. Files of the project are relative to its root.
    #[must_use]
    pub fn find(&self, address: u32) -> Option<String> {
        let location = self.0.find_location(u64::from(address)).ok()??;
        let Location { file, line, .. } = location;
        let file = file?;
        let in_project = file.strip_prefix(PROJECT_ROOT);
        let file = in_project.map_or(file, |file| file.trim_start_matches('/'));
        Some(format!("{file}:{}", line?))
    }
}
