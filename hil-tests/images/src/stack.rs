//! The stack of an image: how much there is, and who needs it.

use crate::elf::Elf;

/// The bytes of stack that the runtime needs beyond the app itself: measured on the virtual board,
/// where `hil-tests/shipped/tests/board/stack.rs` holds it, and rounded up by a fifth.
pub const RUNTIME_STACK: u32 = 4_608;

/// The symbol that holds the bytes of the app.
const APP_BYTES: &str = "LOCKSTEP_APP_BYTES";

/// Where the stack begins, its highest address.
const STACK_START: &str = "_stack_start";

/// Where it ends.
const STACK_END: &str = "_stack_end";

/// The stack of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// All of its bytes.
    pub bytes: u32,
    /// What the app takes of them, from power-up on.
    pub app: u32,
}

impl Stack {
    /// The stack of this image; `None` for one that does not say how large its app is.
    #[must_use]
    pub fn of(elf: &Elf) -> Option<Self> {
        let start = elf.symbol(STACK_START)?.address;
        let end = elf.symbol(STACK_END)?.address;
        Some(Self {
            bytes: start.checked_sub(end)?,
            app: word(elf, elf.symbol(APP_BYTES)?.address)?,
        })
    }

    /// What is left when the app and the runtime have what they need; `None` if that is too much.
    #[must_use]
    pub fn headroom(self) -> Option<u32> {
        self.bytes.checked_sub(self.app)?.checked_sub(RUNTIME_STACK)
    }
}

/// The word of the image at this address.
fn word(elf: &Elf, address: u32) -> Option<u32> {
    let section = elf.section_at(address)?;
    let offset = usize::try_from(address.checked_sub(section.address)?).ok()?;
    let bytes = section.content.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_neither_app_nor_runtime_needs() {
        let stack = |bytes, app| Stack { bytes, app }.headroom();
        assert_eq!(stack(RUNTIME_STACK + 100, 60), Some(40));
        assert_eq!(stack(RUNTIME_STACK + 100, 100), Some(0));
        assert_eq!(stack(RUNTIME_STACK + 100, 101), None);
        assert_eq!(stack(RUNTIME_STACK + 100, u32::MAX), None);
    }
}
