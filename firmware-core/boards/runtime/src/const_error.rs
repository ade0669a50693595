//! Error messages of constants: they end the build and carry names.

/// The longest message, in bytes.
const CAPACITY: usize = 240;

/// A message that is put together at compile time, where `format!` cannot be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConstError {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl ConstError {
    /// The texts, one after the other, up to the first that has no room any more.
    #[must_use]
    pub(crate) const fn new(texts: &[&str]) -> Self {
        let mut error = Self {
            bytes: [0; CAPACITY],
            length: 0,
        };
        let mut index = 0;
        while index < texts.len() {
            let text = texts[index].as_bytes();
            if error.length + text.len() > CAPACITY {
                break;
            }
            let mut offset = 0;
            while offset < text.len() {
                error.bytes[error.length] = text[offset];
                error.length += 1;
                offset += 1;
            }
            index += 1;
        }
        error
    }

    /// Ends the build with the message.
    ///
    /// # Panics
    ///
    /// Always.
    pub(crate) const fn raise(&self) -> ! {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("the pin map does not fit the app"),
        }
    }
}
